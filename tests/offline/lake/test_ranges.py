"""Which offsets an ingest reads."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from offline.lake.ranges import Range, plan_ranges, split_ranges
from shared.errors import LogGap
from shared.log.port import Partition
from tests.offline.frozen_log import empty_log

SIGNALS = Partition("signals", 0)
NONE: frozenset[str] = frozenset()


def test_reading_starts_at_the_marker_of_this_incarnation_and_stops_at_the_end() -> None:
    log = empty_log().with_records(SIGNALS, [b"x"] * 5, append_time_ms=1)
    markers = {("signals", "signals-1", 0): 2, ("signals", "signals-0", 0): 4}
    assert plan_ranges(log, ["signals"], markers, compacted=NONE).ranges == (
        Range("signals", "signals-1", 0, 2, 5),
    )


def test_a_compacted_topic_has_no_gaps() -> None:
    catalog = Partition("catalog", 0)
    log = empty_log().with_records(catalog, [b"x"] * 5, append_time_ms=1).trimmed(catalog, 3)
    plan = plan_ranges(log, ["catalog"], {}, compacted=frozenset({"catalog"}))
    assert (plan.ranges, plan.lost) == ((Range("catalog", "catalog-1", 0, 3, 5),), 0)


def test_a_fully_expired_log_is_a_gap_although_there_is_nothing_to_read() -> None:
    log = empty_log().with_records(SIGNALS, [b"x"] * 5, append_time_ms=1).trimmed(SIGNALS, 5)
    with pytest.raises(LogGap) as caught:
        plan_ranges(log, ["signals"], {("signals", "signals-1", 0): 2}, compacted=NONE)
    assert caught.value.lost == 3


@given(start=st.integers(0, 50), length=st.integers(1, 60), max_offsets=st.integers(1, 25))
def test_pieces_cover_a_range_once_and_are_short_enough(
    start: int, length: int, max_offsets: int
) -> None:
    pieces = split_ranges([Range("signals", "i", 0, start, start + length)], max_offsets)
    assert [offset for piece in pieces for offset in range(piece.start, piece.end)] == list(
        range(start, start + length)
    )
    assert all(piece.end - piece.start <= max_offsets for piece in pieces)
