"""The circuit breaker, by the figures it promises."""

from online.breaker import Breaker
from shared.clock import ManualClock


def failing(breaker: Breaker, calls: int) -> int:
    """Make calls that fail; how many were let through."""
    made = 0
    for _ in range(calls):
        if breaker.allows():
            made += 1
            breaker.report(ok=False)
    return made


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


def test_open_it_lets_one_probe_through_every_five_seconds() -> None:
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


def test_a_probe_given_up_lets_the_next_one_through() -> None:
    clock = ManualClock()
    breaker = Breaker(clock)
    failing(breaker, 20)
    clock.advance_ms(5_000)
    assert breaker.allows()
    breaker.abandon()
    assert breaker.allows()


def test_old_failures_are_forgotten() -> None:
    clock = ManualClock()
    breaker = Breaker(clock)
    failing(breaker, 19)
    clock.advance_ms(10_001)
    failing(breaker, 1)
    assert not breaker.is_open
