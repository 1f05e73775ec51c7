"""Sets of watched seconds as disjoint, sorted intervals."""

from collections.abc import Iterable

from shared.events.plays import Interval

Intervals = tuple[Interval, ...]


def union(*runs: Iterable[Interval]) -> Intervals:
    """The seconds covered by any of the intervals, as disjoint intervals in ascending order.

    The order of the arguments does not matter.
    """
    merged: list[Interval] = []
    for start, end in sorted(interval for run in runs for interval in run):
        if merged and start <= merged[-1][1]:
            merged[-1] = (merged[-1][0], max(merged[-1][1], end))
        elif start < end:
            merged.append((start, end))
    return tuple(merged)


def covered_seconds(intervals: Intervals, runtime_s: int) -> int:
    """The number of seconds a union covers, ignoring everything beyond the runtime."""
    return sum(max(0, min(end, runtime_s) - start) for start, end in intervals)
