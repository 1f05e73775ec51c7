"""The gateway puts a client's clock right, and touches nothing else."""

import json

import pytest

from shared.errors import InvalidEvent
from shared.events.clock_skew import corrected_time_ms, stamp_received

RECEIVED = 1_700_000_000_000
YEAR_MS = 365 * 86_400_000


def test_a_clock_within_thirty_seconds_is_believed() -> None:
    assert corrected_time_ms(RECEIVED - 40_000, RECEIVED - 30_000, RECEIVED) == RECEIVED - 40_000


def test_an_event_of_yesterday_sent_now_by_a_good_clock_stays_of_yesterday() -> None:
    assert (
        corrected_time_ms(RECEIVED - 86_400_000, RECEIVED - 50, RECEIVED) == RECEIVED - 86_400_000
    )


@pytest.mark.parametrize("skew_ms", [10 * YEAR_MS, -10 * YEAR_MS, 60_000, -60_000])
def test_a_clock_that_is_off_is_put_right_by_received_minus_sent(skew_ms: int) -> None:
    happened, sent = RECEIVED - 5_000, RECEIVED - 1_000
    assert corrected_time_ms(happened + skew_ms, sent + skew_ms, RECEIVED) == happened + 1_000


def test_without_a_sending_time_nothing_can_be_corrected() -> None:
    assert corrected_time_ms(5, None, RECEIVED) == 5


def test_the_stamp_replaces_two_times_and_keeps_every_other_field() -> None:
    sent = {
        "event_id": "e",
        "event_time_ms": 100,
        "sent_time_ms": 200,
        "received_time_ms": 1,
        "unknown": {"kept": [1.5]},
        "body": {},
    }
    stamped = json.loads(stamp_received(json.dumps(sent).encode(), RECEIVED))
    assert stamped == {**sent, "event_time_ms": RECEIVED - 100, "received_time_ms": RECEIVED}


@pytest.mark.parametrize(
    "value", [b"", b"[]", b"{}", b'{"event_time_ms":"x"}', b"\xff", b"[" * 100_000]
)
def test_what_is_no_event_is_refused(value: bytes) -> None:
    with pytest.raises(InvalidEvent):
        stamp_received(value, RECEIVED)
