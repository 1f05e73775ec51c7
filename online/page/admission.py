"""Admission: whether a page can be made in time, estimated from the pages in progress."""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Final

# Measured by tests/benchmarks/test_page_assembly.py, rounded up; used before the first page.
FIRST_COST_S: Final = 0.01
# Weight of the latest page in the moving average of about twenty pages; a guess.
LATEST_WEIGHT: Final = 0.05


class Admission:
    """Counts the pages in progress; for one event loop.

    One thread makes the pages in sequence, so a page waits for about the cost of the pages in
    progress. If that is too long, the page is answered at once from memory.
    """

    def __init__(self, max_wait_s: float, cost_s: float = FIRST_COST_S) -> None:
        self._max_wait_s = max_wait_s
        self._cost_s = cost_s
        self._in_progress = 0

    @contextmanager
    def page(self) -> Iterator[bool]:
        """Count a page while the block runs; yield whether there is time to make it in full."""
        in_time = self._in_progress * self._cost_s <= self._max_wait_s
        self._in_progress += in_time
        try:
            yield in_time
        finally:
            self._in_progress -= in_time

    def record_cost(self, seconds: float) -> None:
        """Record how long a full page occupied the thread."""
        self._cost_s += LATEST_WEIGHT * (seconds - self._cost_s)
