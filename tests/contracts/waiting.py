"""Waiting for a condition with a deadline."""

import time
from collections.abc import Callable

DEADLINE_S = 30.0


def until(
    done: Callable[[], bool], step: Callable[[], object], deadline_s: float = DEADLINE_S
) -> None:
    """Repeat `step`, which should wait for a short time itself, until `done` returns true."""
    end = time.monotonic() + deadline_s
    while not done():
        if time.monotonic() > end:
            raise AssertionError(f"still not true after {deadline_s} s")
        step()
