"""How much of something was watched, and what that says; one rule for nearline, lake and training.

The constants together are the rule's version: whoever changes one changes ENGAGEMENT_VERSION, so that labels and tallies made by
different rules are never mixed.
"""

from collections.abc import Iterable
from typing import Final

from shared.events.plays import Interval, Play, PlayCompleted

ENGAGEMENT_VERSION: Final = "engagement:v1"

# Watching is qualified from this share of the runtime on, or from so many seconds on (less where 0.7 of the runtime is less).
QUALIFIED_FRACTION: Final = 0.7
QUALIFIED_SECONDS: Final = 15 * 60
# A start counts once so much was watched; whoever leaves before has turned away.
STARTED_SECONDS: Final = 2 * 60
# From this share of the runtime on the credits are taken for reached, even if the player never said so.
FINISHED_FRACTION: Final = 0.95
# A playhead before this share, after the credits were reached, means that it is being watched again.
UNFINISHED_FRACTION: Final = 0.9
# Plays of a title by one profile with a longer silence between them (time in which nothing was watched) are two sessions.
SESSION_GAP_MS: Final = 30 * 60_000

Intervals = tuple[Interval, ...]


def union(*runs: Iterable[Interval]) -> Intervals:
    """The seconds that lie in any of the stretches, as disjoint stretches in order; the order of the arguments does not matter."""
    merged: list[Interval] = []
    for start, end in sorted(interval for run in runs for interval in run):
        if merged and start <= merged[-1][1]:
            merged[-1] = (merged[-1][0], max(merged[-1][1], end))
        elif start < end:
            merged.append((start, end))
    return tuple(merged)


def seconds(intervals: Intervals, runtime_s: int) -> int:
    """How many seconds a union covers, counting none beyond the runtime, so that a share of it never exceeds 1."""
    return sum(max(0, min(end, runtime_s) - start) for start, end in intervals)


def fraction(watched_s: int, runtime_s: int) -> float:
    """The share of the runtime, 0..1."""
    return min(1.0, watched_s / runtime_s)


def is_qualified(watched_s: int, runtime_s: int) -> bool:
    """Whether so much was watched that it says something about taste (R1)."""
    return watched_s >= min(QUALIFIED_SECONDS, QUALIFIED_FRACTION * runtime_s)


def is_started(watched_s: int, runtime_s: int) -> bool:
    """Whether a start was meant: two minutes of it, or most of something shorter."""
    return watched_s >= min(STARTED_SECONDS, QUALIFIED_FRACTION * runtime_s)


def reaches_credits(play: Play) -> bool:
    """Whether this event says that the end was reached."""
    return isinstance(play, PlayCompleted) or play.position_s >= FINISHED_FRACTION * play.runtime_s


def is_midway(play: Play) -> bool:
    """Whether this event shows the playhead clearly before the end."""
    return not isinstance(play, PlayCompleted) and play.position_s < UNFINISHED_FRACTION * play.runtime_s
