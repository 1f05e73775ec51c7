"""Viewings as arrays: the input of every trainer, and the source of histories and queries."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Final

import numpy as np
import numpy.typing as npt
from scipy.sparse import csr_matrix

from shared.events.envelope import DEVICES
from shared.ids import ProfileId
from shared.models.history import history_from_viewings, strength
from shared.models.port import HistoryEntry, Query, QueryContext
from shared.vocabulary import Vocabulary

NO_COUNTRY: Final = -1


@dataclass(frozen=True, eq=False)
class Interactions:
    """One row per viewing session of a title, from the earliest to the latest.

    `users` and `items` index `profile_ids` and the vocabulary, which may contain titles without
    plays. `fraction` is the share of the title's runtime watched, 0..1. `weight` is the reward; 0
    or less means that the viewing was a bad one. `device` indexes shared.events.envelope.DEVICES,
    `country` indexes `countries` or is NO_COUNTRY. All arrays have the same length.
    """

    profile_ids: tuple[ProfileId, ...]
    vocabulary: Vocabulary
    users: npt.NDArray[np.int32]
    items: npt.NDArray[np.int32]
    time_ms: npt.NDArray[np.int64]
    fraction: npt.NDArray[np.float32]
    weight: npt.NDArray[np.float32]
    device: npt.NDArray[np.int8]
    offset_min: npt.NDArray[np.int16]
    country: npt.NDArray[np.int16]
    countries: tuple[str, ...] = ()

    def __post_init__(self) -> None:
        columns = (
            self.users,
            self.items,
            self.time_ms,
            self.fraction,
            self.weight,
            self.device,
            self.offset_min,
            self.country,
        )
        if len({len(column) for column in columns}) != 1:
            raise ValueError("the columns of interactions differ in length")
        if len(self.time_ms) > 1 and bool(np.any(np.diff(self.time_ms) < 0)):
            raise ValueError(
                "interactions must be ordered by time; build them with sorted_interactions"
            )

    def __len__(self) -> int:
        return len(self.users)

    @cached_property
    def positive(self) -> npt.NDArray[np.bool_]:
        """bool[rows]: the viewings that models learn to predict and are evaluated on.

        A positive viewing has a strength and a reward above 0.
        """
        return np.asarray((strength(self.fraction) > 0) & (self.weight > 0), np.bool_)

    def matrix(self) -> csr_matrix:
        """float32[profiles, titles]: the strength of each title, by the greatest fraction watched.

        Only positive viewings count.
        """
        rows = self.positive
        values = strength(self.fraction[rows])
        cells = self.users[rows].astype(np.int64) * len(self.vocabulary) + self.items[rows]
        order = np.lexsort((values, cells))
        cells, values = cells[order], values[order]
        last = np.append(cells[1:] != cells[:-1], True) if len(cells) else np.zeros(0, dtype=bool)
        users, items = np.divmod(cells[last], max(len(self.vocabulary), 1))
        return csr_matrix(
            (values[last], (users, items)),
            shape=(len(self.profile_ids), len(self.vocabulary)),
            dtype=np.float32,
        )

    def history(self, user: int, before_ms: int) -> tuple[HistoryEntry, ...]:
        """The profile's history strictly before a time."""
        rows = self._rows_before(user, before_ms)
        return history_from_viewings(
            HistoryEntry(self.vocabulary.title_ids[item], time_ms, fraction, DEVICES[device])
            for item, time_ms, fraction, device in zip(
                self.items[rows].tolist(),
                self.time_ms[rows].tolist(),
                self.fraction[rows].tolist(),
                self.device[rows].tolist(),
                strict=True,
            )
        )

    def query(self, user: int, now_ms: int) -> Query:
        """The profile's history before `now_ms`, with the device, country and UTC offset of its
        last viewing before then.
        """
        earlier = self._rows_before(user, now_ms)
        if not len(earlier):
            return Query((), QueryContext(now_ms))
        return Query(self.history(user, now_ms), self._context(int(earlier[-1]), now_ms))

    def queries(self, now_ms: int, users: Iterable[int] | None = None) -> list[Query]:
        """One query per profile: of `users`, or of all profiles in order."""
        return [
            self.query(user, now_ms)
            for user in (range(len(self.profile_ids)) if users is None else users)
        ]

    def query_of_row(self, row: int) -> Query:
        """The query of a page just before this row's viewing began, with the row's own context."""
        now_ms = int(self.time_ms[row])
        return Query(self.history(int(self.users[row]), now_ms), self._context(row, now_ms))

    def _context(self, row: int, now_ms: int) -> QueryContext:
        country = int(self.country[row])
        return QueryContext(
            now_ms=now_ms,
            utc_offset_min=int(self.offset_min[row]),
            device=DEVICES[int(self.device[row])],
            country=None if country == NO_COUNTRY else self.countries[country],
        )

    def _rows_before(self, user: int, time_ms: int) -> npt.NDArray[np.int64]:
        """The profile's rows strictly before a time, in order."""
        rows = self._rows_by_user[self._user_starts[user] : self._user_starts[user + 1]]
        return rows[: int(np.searchsorted(self.time_ms[rows], time_ms, side="left"))]

    @cached_property
    def _rows_by_user(self) -> npt.NDArray[np.int64]:
        return np.argsort(self.users, kind="stable")

    @cached_property
    def _user_starts(self) -> npt.NDArray[np.int64]:
        return np.searchsorted(self.users[self._rows_by_user], np.arange(len(self.profile_ids) + 1))


def sorted_interactions(
    profile_ids: Sequence[ProfileId],
    vocabulary: Vocabulary,
    *,
    users: npt.ArrayLike,
    items: npt.ArrayLike,
    time_ms: npt.ArrayLike,
    fraction: npt.ArrayLike,
    weight: npt.ArrayLike,
    device: npt.ArrayLike,
    offset_min: npt.ArrayLike,
    country: npt.ArrayLike,
    countries: Sequence[str] = (),
) -> Interactions:
    """Interactions from columns in any order.

    Rows of the same time are ordered by profile, then title, so equal sets give equal arrays.
    """
    times, user_column, item_column = (
        np.asarray(time_ms, np.int64),
        np.asarray(users, np.int32),
        np.asarray(items, np.int32),
    )
    order = np.lexsort((item_column, user_column, times))
    return Interactions(
        profile_ids=tuple(profile_ids),
        vocabulary=vocabulary,
        users=user_column[order],
        items=item_column[order],
        time_ms=times[order],
        fraction=np.asarray(fraction, np.float32)[order],
        weight=np.asarray(weight, np.float32)[order],
        device=np.asarray(device, np.int8)[order],
        offset_min=np.asarray(offset_min, np.int16)[order],
        country=np.asarray(country, np.int16)[order],
        countries=tuple(countries),
    )
