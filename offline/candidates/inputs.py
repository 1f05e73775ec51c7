"""The inputs of one profile's candidates, as a table for Spark tasks and back."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import pyarrow as pa

from shared.catalog.catalog import released_parts
from shared.catalog.titles import Title
from shared.events.envelope import DEVICES
from shared.ids import ProfileId, TitleId
from shared.models.history import history_from_viewings
from shared.models.interactions import Interactions
from shared.models.port import HistoryEntry, Query, QueryContext
from shared.records.digest import RecentPlay
from shared.rules.watching import is_title_finished


@dataclass(frozen=True)
class ProfileInputs:
    """The input of one profile's candidates: its query, its opinions and its facts.

    `opinions` has the stated opinions: 2, 1 or −1 by title. `played` has the played titles, the
    latest first, and `finished` those with all released parts finished.
    """

    profile_id: ProfileId
    query: Query
    opinions: Mapping[TitleId, int]
    played: tuple[RecentPlay, ...]
    finished: tuple[TitleId, ...]
    maturity_ceiling: int | None
    country: str | None

    @property
    def disliked(self) -> tuple[TitleId, ...]:
        """The titles with a negative opinion."""
        return tuple(title_id for title_id, opinion in self.opinions.items() if opinion < 0)


def input_table(
    interactions: Interactions, profiles: pa.Table, titles: Sequence[Title], now_ms: int
) -> pa.Table:
    """Return one row per profile with its viewing sessions and facts.

    `profiles` is the table of `offline.datasets.profiles.read_profiles`, in the order of the
    profile numbers of the interactions. `now_ms` decides which episodes are released.
    """
    by_user = np.argsort(interactions.users, kind="stable")
    starts = np.searchsorted(
        interactions.users[by_user], np.arange(len(interactions.profile_ids) + 1)
    ).astype(np.int32)
    title_ids = pa.array(interactions.vocabulary.title_ids, pa.string())
    by_id = {title.title_id: title for title in titles}
    finished = [
        sorted(finished_titles(entries, by_id, now_ms))
        for entries in profiles["played"].to_pylist()
    ]

    def per_profile(values: pa.Array) -> pa.Array:
        return pa.ListArray.from_arrays(pa.array(starts), values)

    return pa.table(
        {
            "profile_id": profiles["profile_id"],
            "maturity_ceiling": profiles["maturity_ceiling"],
            "country": profiles["country"],
            "opinions": profiles["opinions"],
            "played": profiles["played"],
            "finished": pa.array(finished, pa.list_(pa.string())),
            "titles": per_profile(title_ids.take(pa.array(interactions.items[by_user]))),
            "times": per_profile(pa.array(interactions.time_ms[by_user])),
            "fractions": per_profile(pa.array(interactions.fraction[by_user])),
            "devices": per_profile(pa.array(interactions.device[by_user].astype(np.int32))),
            "offsets": per_profile(pa.array(interactions.offset_min[by_user].astype(np.int32))),
        }
    )


def read_inputs(batch: pa.RecordBatch, now_ms: int) -> Iterator[ProfileInputs]:
    """Yield the rows of a batch.

    The query of a profile is at `now_ms`, on the device and in the time zone of its last viewing.
    """
    for row in batch.to_pylist():
        device, offset = (row["devices"][-1], row["offsets"][-1]) if row["titles"] else (0, 0)
        context = QueryContext(
            now_ms, utc_offset_min=offset, device=DEVICES[device], country=row["country"]
        )
        yield ProfileInputs(
            profile_id=ProfileId(row["profile_id"]),
            query=Query(_history(row), context),
            opinions={TitleId(entry["title_id"]): entry["value"] for entry in row["opinions"]},
            played=_played(row["played"]),
            finished=tuple(row["finished"]),
            maturity_ceiling=row["maturity_ceiling"],
            country=row["country"],
        )


def _played(entries: Iterable[Mapping[str, Any]]) -> tuple[RecentPlay, ...]:
    """Return the played titles as the digest has them, the latest first."""
    plays = [RecentPlay(e["title_id"], e["last_ms"], e["fraction"], "unknown") for e in entries]
    return tuple(sorted(plays, key=lambda play: (play.time_ms, play.title_id), reverse=True))


def finished_titles(
    entries: Iterable[Mapping[str, Any]], titles: Mapping[TitleId, Title], now_ms: int
) -> set[TitleId]:
    """Return the titles with all parts that are released at `now_ms` finished.

    An entry is a `title_id` with its finished `parts`. Titles outside the catalog are left out.
    """
    return {
        title.title_id
        for entry in entries
        if (title := titles.get(entry["title_id"])) is not None
        and is_title_finished(released_parts(title, now_ms), entry["parts"])
    }


def _history(row: Mapping[str, Any]) -> tuple[HistoryEntry, ...]:
    viewings = zip(row["titles"], row["times"], row["fractions"], row["devices"], strict=True)
    return history_from_viewings(
        HistoryEntry(TitleId(title_id), time_ms, fraction, DEVICES[device])
        for title_id, time_ms, fraction, device in viewings
    )
