"""Correction of client clocks; no other field changes."""

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from shared.clock import DAY_MS
from shared.errors import InvalidEvent
from shared.events.clock_skew import TOLERATED_SKEW_MS, corrected_time_ms, stamp_received

RECEIVED = 1_700_000_000_000
YEAR_MS = 365 * DAY_MS


def test_a_skew_of_at_most_thirty_seconds_is_not_corrected() -> None:
    assert corrected_time_ms(RECEIVED - 40_000, RECEIVED - 30_000, RECEIVED) == RECEIVED - 40_000


def test_an_old_event_from_a_correct_clock_is_not_changed() -> None:
    assert corrected_time_ms(RECEIVED - DAY_MS, RECEIVED - 50, RECEIVED) == RECEIVED - DAY_MS


@pytest.mark.parametrize("skew_ms", [10 * YEAR_MS, -10 * YEAR_MS, 60_000, -60_000])
def test_a_wrong_clock_is_corrected_by_received_minus_sent(skew_ms: int) -> None:
    event_time, sent = RECEIVED - 5_000, RECEIVED - 1_000
    assert corrected_time_ms(event_time + skew_ms, sent + skew_ms, RECEIVED) == event_time + 1_000


def test_an_event_without_sent_time_is_not_corrected() -> None:
    assert corrected_time_ms(5, None, RECEIVED) == 5


def test_stamping_changes_two_times_and_no_other_field() -> None:
    sent = {
        "event_id": "e",
        "event_time_ms": 100,
        "sent_time_ms": 200,
        "received_time_ms": 1,
        "unknown": {"nested": [1.5]},
        "body": {},
    }
    stamped = json.loads(stamp_received(json.dumps(sent).encode(), RECEIVED))
    assert stamped == {**sent, "event_time_ms": RECEIVED - 100, "received_time_ms": RECEIVED}


@pytest.mark.parametrize(
    "value", [b"", b"[]", b"{}", b'{"event_time_ms":"x"}', b"\xff", b"[" * 100_000]
)
def test_a_value_that_is_not_an_event_is_rejected(value: bytes) -> None:
    with pytest.raises(InvalidEvent):
        stamp_received(value, RECEIVED)


@given(
    skew_ms=st.integers(-10 * YEAR_MS, 10 * YEAR_MS),
    delay_ms=st.integers(0, 10_000),
    age_ms=st.integers(0, DAY_MS),
)
def test_the_corrected_time_differs_from_the_true_time_by_at_most_the_tolerance(
    skew_ms: int, delay_ms: int, age_ms: int
) -> None:
    true_sent = RECEIVED - delay_ms
    true_time = true_sent - age_ms
    corrected = corrected_time_ms(true_time + skew_ms, true_sent + skew_ms, RECEIVED)
    # A corrected time is late by the delay; an uncorrected one is wrong by the skew.
    assert abs(corrected - true_time) <= TOLERATED_SKEW_MS + delay_ms
