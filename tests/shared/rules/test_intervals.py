"""Watched seconds by hand, and as sets."""

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
def test_a_union_covers_exactly_the_seconds_of_its_parts(
    one: list[tuple[int, int]], other: list[tuple[int, int]]
) -> None:
    together = union(one, other)
    assert covered(together) == covered(tuple(one)) | covered(tuple(other))
    assert union(other, one) == together
    assert union(together, one) == together
    assert covered_seconds(together, 30) == len({s for s in covered(together) if s < 30})
    assert all(before[1] < after[0] for before, after in pairwise(together))


def test_touching_intervals_merge_and_empty_ones_vanish() -> None:
    assert union([(10, 20), (5, 5)], [(20, 30), (0, 3)]) == ((0, 3), (10, 30))
