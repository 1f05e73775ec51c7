"""Admission: whether one more page can still be made in time, judged by the pages at work and by
what a page has lately cost.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Final

FIRST_GUESS_S: Final = 0.01
# Weight of the latest page in the running cost: some twenty pages are remembered.
NEWEST: Final = 0.05


class Admission:
    """Counts the pages at work; for one event loop.

    One thread makes one page after the other, so a page waits for about as long as those before it
    cost. Where that is too long it is better answered at once from memory: a queue that outlives
    its callers serves nobody.
    """

    def __init__(self, patience_s: float, cost_s: float = FIRST_GUESS_S) -> None:
        self._patience_s = patience_s
        self._cost_s = cost_s
        self._at_work = 0

    @contextmanager
    def page(self) -> Iterator[bool]:
        """Around the work on a page: whether there is time to make it in full."""
        in_time = self._at_work * self._cost_s <= self._patience_s
        self._at_work += in_time
        try:
            yield in_time
        finally:
            self._at_work -= in_time

    def cost(self, seconds: float) -> None:
        """Say how long the thread was taken by a page made in full."""
        self._cost_s += NEWEST * (seconds - self._cost_s)
