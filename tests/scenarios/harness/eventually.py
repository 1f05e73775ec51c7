"""Polling with a deadline instead of fixed sleeps."""

import time
from collections.abc import Callable
from typing import TypeVar

DEADLINE_S = 120.0
"""Far above every expected time, so that a slow machine fails no test.

The benchmarks measure the times.
"""
PAUSE_S = 0.05

T = TypeVar("T")


def eventually(
    read: Callable[[], T], is_right: Callable[[T], bool], deadline_s: float = DEADLINE_S
) -> T:
    """Call `read` until its result is right; return that result."""
    end = time.monotonic() + deadline_s
    while not is_right(result := read()):
        if time.monotonic() > end:
            raise AssertionError(
                f"not right after {deadline_s:.0f} s; the last result was {_short(result)}"
            )
        time.sleep(PAUSE_S)
    return result


def _short(result: object) -> str:
    text = repr(result)
    return text if len(text) < 2_000 else f"{text[:2_000]}…"
