"""One row per profile with its history and facts, as Spark tasks are handed them, and back."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import pyarrow as pa

from shared.catalog.titles import Title
from shared.events.envelope import DEVICES
from shared.ids import ProfileId, TitleId
from shared.models.interactions import Interactions
from shared.models.port import HistoryEntry, Query, QueryContext


@dataclass(frozen=True)
class Profile:
    """What candidates are computed for: the question to the models, and the taste filters."""

    profile_id: ProfileId
    query: Query
    disliked: tuple[TitleId, ...]
    finished: tuple[TitleId, ...]
    maturity_ceiling: int | None
    country: str | None


def member_table(
    interactions: Interactions, profiles: pa.Table, titles: Sequence[Title]
) -> pa.Table:
    """`profiles` (as offline.datasets.profiles reads them, in the order of the interactions'
    numbers) with each one's viewings.
    """
    by_user = np.argsort(interactions.users, kind="stable")
    starts = np.searchsorted(
        interactions.users[by_user], np.arange(len(interactions.profile_ids) + 1)
    ).astype(np.int32)
    names = pa.array(interactions.vocabulary.title_ids, pa.string())
    finished = finished_titles(profiles["completed"].to_pylist(), titles)

    def per_user(values: pa.Array) -> pa.Array:
        return pa.ListArray.from_arrays(pa.array(starts), values)

    return pa.table(
        {
            "profile_id": profiles["profile_id"],
            "maturity_ceiling": profiles["maturity_ceiling"],
            "country": profiles["country"],
            "disliked": profiles["disliked"],
            "finished": pa.array(finished, pa.list_(pa.string())),
            "titles": per_user(names.take(pa.array(interactions.items[by_user]))),
            "times": per_user(pa.array(interactions.time_ms[by_user])),
            "fractions": per_user(pa.array(interactions.fraction[by_user])),
            "devices": per_user(pa.array(interactions.device[by_user].astype(np.int32))),
            "offsets": per_user(pa.array(interactions.offset_min[by_user].astype(np.int32))),
        }
    )


def read_members(batch: pa.RecordBatch, now_ms: int) -> Iterator[Profile]:
    """The rows of a batch as profiles, each asked about at `now_ms` on the device of its last
    watching.
    """
    for row in batch.to_pylist():
        device, offset = (row["devices"][-1], row["offsets"][-1]) if row["titles"] else (0, 0)
        context = QueryContext(
            now_ms, utc_offset_min=offset, device=DEVICES[device], country=row["country"]
        )
        yield Profile(
            profile_id=ProfileId(row["profile_id"]),
            query=Query(tuple(_history(row)), context),
            disliked=tuple(row["disliked"] or ()),
            finished=tuple(row["finished"] or ()),
            maturity_ceiling=row["maturity_ceiling"],
            country=row["country"],
        )


def finished_titles(
    completed: Sequence[Sequence[Mapping[str, Any]]], titles: Sequence[Title]
) -> list[list[str]]:
    """Per profile, the titles seen to the end: films whose credits were reached, series of which
    every episode's were.
    """
    episodes = {
        str(title.title_id): {str(episode.episode_id) for episode in title.episodes} or {""}
        for title in titles
    }
    return [
        sorted(
            entry["title_id"]
            for entry in entries
            if episodes.get(entry["title_id"], {""}) <= set(entry["episodes"])
        )
        for entries in completed
    ]


def _history(row: Mapping[str, Any]) -> list[HistoryEntry]:
    """One entry a title, at its last watching, with the greatest fraction: the same reading as
    Interactions.history.
    """
    latest: dict[str, HistoryEntry] = {}
    for title_id, time_ms, fraction, device in zip(
        row["titles"], row["times"], row["fractions"], row["devices"], strict=True
    ):
        before = latest.pop(title_id, None)
        most = fraction if before is None else max(fraction, before.fraction)
        latest[title_id] = HistoryEntry(TitleId(title_id), time_ms, most, DEVICES[device])
    return list(latest.values())
