"""Asking again and again until the answer is right, with a deadline and never a blind sleep."""

import time
from collections.abc import Callable
from typing import TypeVar

DEADLINE_S = 120.0
"""Far above what anything here takes: a slow machine should be slow, not wrong. How fast things are
is measured by the benchmarks.
"""
PAUSE_S = 0.05

T = TypeVar("T")


def eventually(
    ask: Callable[[], T], is_right: Callable[[T], bool], deadline_s: float = DEADLINE_S
) -> T:
    """The first answer that is right."""
    end = time.monotonic() + deadline_s
    while not is_right(answer := ask()):
        if time.monotonic() > end:
            raise AssertionError(
                f"not so after {deadline_s:.0f} s; the last answer was {_short(answer)}"
            )
        time.sleep(PAUSE_S)
    return answer


def _short(answer: object) -> str:
    text = repr(answer)
    return text if len(text) < 2_000 else f"{text[:2_000]}…"
