"""The circuit breaker at its thresholds."""

from online.breaker import Breaker
from shared.clock import ManualClock


def failing(breaker: Breaker, calls: int) -> int:
    """Make calls that fail; return the number of allowed ones."""
    allowed = 0
    for _ in range(calls):
        if breaker.allows():
            allowed += 1
            breaker.report(ok=False)
    return allowed


def test_it_opens_after_twenty_calls_of_which_half_failed() -> None:
    breaker = Breaker(ManualClock())
    for _ in range(10):
        breaker.report(ok=True)
    assert failing(breaker, 9) == 9
    assert not breaker.is_open
    failing(breaker, 1)
    assert breaker.is_open


def test_a_few_failures_among_many_calls_do_not_open_it() -> None:
    breaker = Breaker(ManualClock())
    for number in range(200):
        breaker.report(ok=number % 3 != 0)
    assert not breaker.is_open


def test_an_open_breaker_allows_one_probe_every_five_seconds() -> None:
    clock = ManualClock()
    breaker = Breaker(clock)
    failing(breaker, 20)
    assert failing(breaker, 100) == 0
    for _ in range(3):
        clock.advance_ms(5_000)
        assert failing(breaker, 100) == 1


def test_one_good_probe_closes_it() -> None:
    clock = ManualClock()
    breaker = Breaker(clock)
    failing(breaker, 20)
    clock.advance_ms(5_000)
    assert breaker.allows()
    assert not breaker.allows()
    breaker.report(ok=True)
    assert not breaker.is_open
    assert breaker.allows()


def test_an_abandoned_probe_is_followed_by_another() -> None:
    clock = ManualClock()
    breaker = Breaker(clock)
    failing(breaker, 20)
    clock.advance_ms(5_000)
    assert breaker.allows()
    breaker.abandon()
    assert breaker.allows()


def test_failures_outside_the_window_do_not_count() -> None:
    clock = ManualClock()
    breaker = Breaker(clock)
    failing(breaker, 19)
    clock.advance_ms(10_001)
    failing(breaker, 1)
    assert not breaker.is_open
