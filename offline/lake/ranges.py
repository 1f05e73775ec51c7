"""Which offsets the next ingest has to read: from the greatest marker to the log's end, cut into
pieces for tasks.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from shared.errors import LogGap
from shared.log.port import Log, Partition

Marks = Mapping[tuple[str, str, int], int]
"""(topic, incarnation, partition) → next offset."""


@dataclass(frozen=True, slots=True)
class Marker:
    """A partition was read up to `next_offset`, by a commit made at `committed_ms`."""

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
    """What to read; `lost` counts offsets that were gone before they were read, and are stepped
    over on request only.
    """

    ranges: tuple[Range, ...]
    lost: int = 0

    @property
    def offsets(self) -> int:
        """How many offsets the ranges span; compaction may have removed some of them."""
        return sum(part.end - part.start for part in self.ranges)


def plan_ranges(
    log: Log,
    topics: Iterable[str],
    marks: Marks,
    *,
    compacted: frozenset[str],
    accept_gap: bool = False,
) -> Plan:
    """The unread offsets of every partition, from its marker (0 when it has none) to the log's end
    now.

    A topic that was deleted and created again has another incarnation, hence no marker, and is read
    from its beginning.

    Raises:
        LogGap: a log starts beyond its marker, and `accept_gap` is not set. The start of a
            compacted topic loses nothing.
    """
    found: list[Range] = []
    lost: dict[Partition, int] = {}
    for topic in topics:
        info = log.topic(topic)
        for index in range(info.partitions):
            partition = Partition(topic, index)
            marked = marks.get((topic, info.incarnation, index), 0)
            start = log.start_offset(partition)
            if start > marked and topic not in compacted:
                lost[partition] = start - marked
            end = log.end_offset(partition)
            first = max(start, marked)
            if first < end:
                found.append(Range(topic, info.incarnation, index, first, end))
    if lost and not accept_gap:
        raise _gap(lost)
    return Plan(tuple(found), sum(lost.values()))


def cut(ranges: Sequence[Range], longest: int) -> list[Range]:
    """The same offsets in pieces of at most `longest`, so that no task is much larger than another."""
    return [
        Range(part.topic, part.incarnation, part.partition, start, min(start + longest, part.end))
        for part in ranges
        for start in range(part.start, part.end, longest)
    ]


def _gap(lost: Mapping[Partition, int]) -> LogGap:
    total = sum(lost.values())
    places = ", ".join(
        f"{partition.topic}/{partition.index}: {count}" for partition, count in sorted(lost.items())
    )
    return LogGap(
        f"{total} records left the log before they were read ({places}); `marquee offline ingest --accept-gap` goes on without them.",
        total,
    )
