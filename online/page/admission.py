"""Admission: whether one more page can be made in time, judged by the pages in progress."""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Final

# Measured by tests/benchmarks/test_page_assembly.py, rounded up; used until pages were made.
FIRST_COST_S: Final = 0.01
# Weight of the latest page in the running cost, so that about twenty pages count.
LATEST_WEIGHT: Final = 0.05


class Admission:
    """Counts the pages in progress; for one event loop.

    One thread makes one page after the other, so a page waits about as long as the pages before it
    cost. A page that would wait too long is better answered at once from memory.
    """

    def __init__(self, max_wait_s: float, cost_s: float = FIRST_COST_S) -> None:
        self._max_wait_s = max_wait_s
        self._cost_s = cost_s
        self._in_progress = 0

    @contextmanager
    def page(self) -> Iterator[bool]:
        """Around the work on a page: whether there is time to make it in full."""
        in_time = self._in_progress * self._cost_s <= self._max_wait_s
        self._in_progress += in_time
        try:
            yield in_time
        finally:
            self._in_progress -= in_time

    def record_cost(self, seconds: float) -> None:
        """Record how long a full page occupied the thread."""
        self._cost_s += LATEST_WEIGHT * (seconds - self._cost_s)
