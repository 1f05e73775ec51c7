"""The offsets that the next ingest reads: per partition, from the marker to the log's end."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from shared.errors import LogGap
from shared.log.port import Log, Partition

NextOffsets = Mapping[tuple[str, str, int], int]
"""(topic, incarnation, partition) → next offset."""


@dataclass(frozen=True, slots=True)
class Marker:
    """A partition was read up to `next_offset`, by a commit at `committed_ms`."""

    topic: str
    incarnation: str
    partition: int
    next_offset: int
    committed_ms: int


@dataclass(frozen=True, slots=True)
class Range:
    """Offsets start ≤ offset < end of one partition of one incarnation of a topic."""

    topic: str
    incarnation: str
    partition: int
    start: int
    end: int


@dataclass(frozen=True, slots=True)
class Plan:
    """The ranges to read. `lost` counts offsets that were deleted before they were read."""

    ranges: tuple[Range, ...]
    lost: int = 0

    @property
    def offsets(self) -> int:
        """The number of offsets in the ranges. Compaction may have removed some of the records."""
        return sum(offsets.end - offsets.start for offsets in self.ranges)


def plan_ranges(
    log: Log,
    topics: Iterable[str],
    markers: NextOffsets,
    *,
    compacted: frozenset[str],
    accept_gap: bool = False,
) -> Plan:
    """Return the unread offsets of every partition, from its marker (0 without one) to its end.

    A topic that was deleted and created again has a new incarnation without a marker, so it is
    read from its start.

    Raises:
        LogGap: a log starts beyond its marker, and `accept_gap` is not set. A compacted topic has
            no gaps.
    """
    ranges: list[Range] = []
    lost: dict[Partition, int] = {}
    for topic in topics:
        info = log.topic(topic)
        for index in range(info.partitions):
            partition = Partition(topic, index)
            marker = markers.get((topic, info.incarnation, index), 0)
            log_start, end = log.start_offset(partition), log.end_offset(partition)
            if log_start > marker and topic not in compacted:
                lost[partition] = log_start - marker
            start = max(log_start, marker)
            if start < end:
                ranges.append(Range(topic, info.incarnation, index, start, end))
    if lost and not accept_gap:
        raise _gap(lost)
    return Plan(tuple(ranges), sum(lost.values()))


def split_ranges(ranges: Sequence[Range], max_offsets: int) -> list[Range]:
    """Return the same offsets in ranges of at most `max_offsets`, for tasks of similar size."""
    return [
        Range(
            offsets.topic,
            offsets.incarnation,
            offsets.partition,
            start,
            min(start + max_offsets, offsets.end),
        )
        for offsets in ranges
        for start in range(offsets.start, offsets.end, max_offsets)
    ]


def _gap(lost: Mapping[Partition, int]) -> LogGap:
    total = sum(lost.values())
    partitions = ", ".join(
        f"{partition.topic}/{partition.index}: {count}" for partition, count in sorted(lost.items())
    )
    return LogGap(
        f"{total} records were deleted from the log before they were read ({partitions});"
        " `marquee offline ingest --accept-gap` continues without them.",
        total,
    )
