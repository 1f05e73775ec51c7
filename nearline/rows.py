"""The rows of a profile: one table per topic, and the names of the rows in it.

A topic feeds the rows of one table. A profile's rows in it are `fold` (the position that all rows
include), `recent:<slot>` (event ids for deduplication), `digest`, `vector:<encoder id>`, and the
parts of the topic's handlers: `<handler>@<version>`, or `<handler>@<version>:<key>` for a handler
with several parts per profile.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

import msgspec

from shared.records.digest import (
    DIGEST_PART,
    VECTOR_PREFIX,
    Digest,
    ExposureDigest,
    LogPosition,
    TopicDigest,
)
from shared.store.port import Cells, Key, Table
from shared.store.tables import PROFILE_EXPOSURES, PROFILE_STATE, VALUE
from shared.topics import EXPOSURES, SIGNALS

FOLD_ROW: Final = "fold"
RECENT_ROWS: Final = "recent"
RESERVED_NAMES: Final = frozenset(
    {FOLD_ROW, RECENT_ROWS, DIGEST_PART, VECTOR_PREFIX.removesuffix(":")}
)
"""Names of rows that no handler's parts may have."""


class FoldPart(msgspec.Struct, frozen=True, array_like=True):
    """The log position that a profile's rows include, written in the same atomic batch.

    `as_of_ms` is the greatest event time, `received_ms` the greatest append time, `events` the
    number of folded events.
    """

    position: LogPosition
    as_of_ms: int = 0
    received_ms: int = 0
    events: int = 0


@dataclass(frozen=True, slots=True)
class ProfileTopic:
    """A topic that profiles are folded from: the table of its rows and the type of its digest."""

    name: str
    table: Table
    digest_type: type[TopicDigest]


PROFILE_TOPICS: Final = {
    topic.name: topic
    for topic in (
        ProfileTopic(SIGNALS, PROFILE_STATE, Digest),
        ProfileTopic(EXPOSURES, PROFILE_EXPOSURES, ExposureDigest),
    )
}


def part_row(handler: str, version: int, key: str) -> str:
    """The name of a part's row; `key` is empty for a handler with one part per profile."""
    return f"{handler}@{version}" + (f":{key}" if key else "")


def handler_and_version(row: str) -> tuple[str, int | None]:
    """The handler's name and version from a row name; None for a name without a version."""
    handler, _, version = row.partition(":")[0].partition("@")
    return handler, int(version) if version.isdecimal() else None


def blobs_by_row(rows: Mapping[Key, Cells]) -> dict[str, bytes]:
    """The encoded records of a profile's rows in one table, by row name."""
    return {
        str(name): blob
        for (name,), cells in rows.items()
        if isinstance(blob := cells[VALUE], bytes)
    }
