"""What members watched, as arrays: the one input of every trainer, and the maker of the histories
that models are asked about.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from functools import cached_property

import numpy as np
import numpy.typing as npt
from scipy.sparse import csr_matrix

from shared.events.envelope import DEVICES
from shared.ids import ProfileId
from shared.models.history import strength
from shared.models.port import HistoryEntry, Query, QueryContext
from shared.vocabulary import Vocabulary

NO_COUNTRY = -1


@dataclass(frozen=True, eq=False)
class Interactions:
    """One row per watching of a title (a session's plays of it taken together), from the earliest
    to the latest.

    `users` and `items` are numbers: places in `profile_ids` and in `vocabulary`. The vocabulary may
    hold titles nobody has played. `fraction` is the share of the title's runtime seen, 0..1;
    `weight` is the reward, what the watching was worth (0 and less: nothing was liked). `device`
    holds codes of shared.events.envelope.DEVICES, `country` places in `countries` or NO_COUNTRY.
    All arrays have the same length.
    """

    profile_ids: tuple[ProfileId, ...]
    vocabulary: Vocabulary
    users: npt.NDArray[np.int32]
    items: npt.NDArray[np.int32]
    time_ms: npt.NDArray[np.int64]
    fraction: npt.NDArray[np.float32]
    weight: npt.NDArray[np.float32]
    thumb: npt.NDArray[np.int8]
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
            self.thumb,
            self.device,
            self.offset_min,
            self.country,
        )
        if len({len(column) for column in columns}) != 1:
            raise ValueError("the columns of interactions differ in length")
        if len(self.time_ms) > 1 and bool(np.any(np.diff(self.time_ms) < 0)):
            raise ValueError(
                "interactions must run from the earliest to the latest; build them with sorted_interactions"
            )

    def __len__(self) -> int:
        return len(self.users)

    def before(self, time_ms: int) -> "Interactions":
        """The rows strictly before a moment; profiles and titles keep their numbers."""
        return self.rows(slice(0, int(np.searchsorted(self.time_ms, time_ms, side="left"))))

    def since(self, time_ms: int) -> "Interactions":
        """The rows at or after a moment."""
        return self.rows(slice(int(np.searchsorted(self.time_ms, time_ms, side="left")), len(self)))

    def rows(self, chosen: slice | npt.NDArray[np.bool_]) -> "Interactions":
        """Some of the rows, in order."""
        return replace(
            self,
            users=self.users[chosen],
            items=self.items[chosen],
            time_ms=self.time_ms[chosen],
            fraction=self.fraction[chosen],
            weight=self.weight[chosen],
            thumb=self.thumb[chosen],
            device=self.device[chosen],
            offset_min=self.offset_min[chosen],
            country=self.country[chosen],
        )

    def matrix(self) -> csr_matrix:
        """float32[profiles, titles]: how strongly each title counts, by the greatest fraction seen;
        what was worth nothing is absent.
        """
        values = strength(self.fraction)
        kept = (values > 0) & (self.weight > 0)
        cells = self.users[kept].astype(np.int64) * len(self.vocabulary) + self.items[kept]
        order = np.lexsort((values[kept], cells))
        cells, values = cells[order], values[kept][order]
        last = np.append(cells[1:] != cells[:-1], True) if len(cells) else np.zeros(0, dtype=bool)
        users, items = np.divmod(cells[last], max(len(self.vocabulary), 1))
        return csr_matrix(
            (values[last], (users, items)),
            shape=(len(self.profile_ids), len(self.vocabulary)),
            dtype=np.float32,
        )

    def history(self, user: int, before_ms: int) -> tuple[HistoryEntry, ...]:
        """What the profile watched strictly before a moment: one entry a title, at its last
        watching, with the greatest fraction seen.
        """
        latest: dict[int, tuple[int, float, int]] = {}
        for row in self._rows_by_user[self._user_starts[user] : self._user_starts[user + 1]]:
            time_ms = int(self.time_ms[row])
            if time_ms >= before_ms:
                break
            item = int(self.items[row])
            seen = latest.pop(item, (0, 0.0, 0))[1]
            latest[item] = (time_ms, max(seen, float(self.fraction[row])), int(self.device[row]))
        return tuple(
            HistoryEntry(self.vocabulary.title_ids[item], time_ms, fraction, DEVICES[device])
            for item, (time_ms, fraction, device) in latest.items()
        )

    def query(self, user: int, now_ms: int) -> Query:
        """The profile's history before a moment, asked on the device, in the place and time zone of
        its last watching then.
        """
        rows = self._rows_by_user[self._user_starts[user] : self._user_starts[user + 1]]
        known = rows[: int(np.searchsorted(self.time_ms[rows], now_ms, side="left"))]
        if not len(known):
            return Query((), QueryContext(now_ms))
        return Query(self.history(user, now_ms), self._context(int(known[-1]), now_ms))

    def queries(self, now_ms: int, users: Iterable[int] | None = None) -> list[Query]:
        """One query per profile (all of them, in order, unless some are named)."""
        return [
            self.query(user, now_ms)
            for user in (range(len(self.profile_ids)) if users is None else users)
        ]

    def query_of_row(self, row: int) -> Query:
        """The question a page would have asked just before this row's watching began: its own
        moment, place and device.
        """
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
    thumb: npt.ArrayLike = 0,
) -> Interactions:
    """Interactions from columns in any order; ties in time are broken by profile, then title, so
    that equal sets give equal arrays.
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
        thumb=np.broadcast_to(np.asarray(thumb, np.int8), times.shape)[order],
        device=np.asarray(device, np.int8)[order],
        offset_min=np.asarray(offset_min, np.int16)[order],
        country=np.asarray(country, np.int16)[order],
        countries=tuple(countries),
    )
