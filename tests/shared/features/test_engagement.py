"""Watched seconds by hand, and as sets."""

from itertools import pairwise

from hypothesis import given
from hypothesis import strategies as st

from shared.events.plays import PlayCompleted, PlayProgress
from shared.features.engagement import Intervals, fraction, is_midway, is_qualified, is_started, reaches_credits, seconds, union
from shared.ids import TitleId

_stretches = st.lists(st.tuples(st.integers(0, 40), st.integers(0, 40)).map(lambda pair: (min(pair), max(pair))), max_size=6)


def covered(stretches: Intervals) -> set[int]:
    return {second for start, end in stretches for second in range(start, end)}


@given(_stretches, _stretches)
def test_a_union_covers_exactly_the_seconds_of_its_parts(one: list[tuple[int, int]], other: list[tuple[int, int]]) -> None:
    together = union(one, other)
    assert covered(together) == covered(tuple(one)) | covered(tuple(other))
    assert union(other, one) == together
    assert union(together, one) == together
    assert seconds(together, 30) == len({second for second in covered(together) if second < 30})
    assert all(before[1] < after[0] for before, after in pairwise(together))


def test_touching_stretches_become_one_and_empty_ones_vanish() -> None:
    assert union([(10, 20), (5, 5)], [(20, 30), (0, 3)]) == ((0, 3), (10, 30))


def test_a_share_never_exceeds_one() -> None:
    assert fraction(50, 100) == 0.5
    assert fraction(500, 100) == 1.0


def test_watching_is_qualified_after_fifteen_minutes_or_seven_tenths() -> None:
    two_hours, clip = 7_200, 600
    assert [is_qualified(899, two_hours), is_qualified(900, two_hours)] == [False, True]
    assert [is_qualified(419, clip), is_qualified(420, clip)] == [False, True]


def test_a_start_counts_after_two_minutes_or_most_of_something_shorter() -> None:
    assert [is_started(119, 7_200), is_started(120, 7_200), is_started(70, 100)] == [False, True, True]


def test_the_credits_are_reached_when_the_player_says_so_or_nearly_there() -> None:
    def progress(position_s: int) -> PlayProgress:
        return PlayProgress(title_id=TitleId("a"), runtime_s=1_000, position_s=position_s)

    completed = PlayCompleted(title_id=TitleId("a"), runtime_s=1_000)
    assert [reaches_credits(completed), reaches_credits(progress(949)), reaches_credits(progress(950))] == [True, False, True]
    assert [is_midway(completed), is_midway(progress(899)), is_midway(progress(900))] == [False, True, False]
