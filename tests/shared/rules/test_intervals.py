"""Unions of intervals, compared with sets of seconds."""

from itertools import pairwise

from hypothesis import given
from hypothesis import strategies as st

from shared.rules.intervals import Intervals, covered_seconds, union

_intervals = st.lists(
    st.tuples(st.integers(0, 40), st.integers(0, 40)).map(lambda pair: (min(pair), max(pair))),
    max_size=6,
)


def covered(intervals: Intervals) -> set[int]:
    return {second for start, end in intervals for second in range(start, end)}


@given(_intervals, _intervals)
def test_a_union_covers_exactly_the_seconds_of_its_intervals(
    first: list[tuple[int, int]], second: list[tuple[int, int]]
) -> None:
    merged = union(first, second)
    assert covered(merged) == covered(tuple(first)) | covered(tuple(second))
    assert union(second, first) == merged
    assert union(merged, first) == merged
    assert covered_seconds(merged, 30) == len({s for s in covered(merged) if s < 30})
    assert all(earlier[1] < later[0] for earlier, later in pairwise(merged))


def test_adjacent_intervals_merge_and_empty_ones_are_dropped() -> None:
    assert union([(10, 20), (5, 5)], [(20, 30), (0, 3)]) == ((0, 3), (10, 30))
