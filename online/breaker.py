"""A circuit breaker: when most calls to a dependency fail, stop calling it for a while."""

from collections import deque
from typing import Final

from shared.clock import Clock

# Guesses: at least half of at least twenty calls within ten seconds failed.
WINDOW_S: Final = 10.0
MIN_CALLS: Final = 20
FAILED_SHARE: Final = 0.5
# A guess: how long an open breaker waits before it allows one call.
SLEEP_S: Final = 5.0


class Breaker:
    """Closed while the dependency answers, open for SLEEP_S after too many calls failed.

    Then one call is allowed as a probe, and its outcome closes the breaker or opens it again. For
    one thread.
    """

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self._calls: deque[tuple[float, bool]] = deque()
        self._failed = 0
        self._open_until_s: float | None = None
        self._probing = False

    @property
    def is_open(self) -> bool:
        """Whether calls are refused now."""
        return self._open_until_s is not None

    def allows(self) -> bool:
        """Whether to make a call now; an allowed caller must `report` its outcome or `abandon`."""
        if self._open_until_s is None:
            return True
        if self._clock.monotonic_s() < self._open_until_s or self._probing:
            return False
        self._probing = True
        return True

    def report(self, ok: bool) -> None:
        """Record the outcome of a call."""
        now_s = self._clock.monotonic_s()
        if self._probing:
            self._probing = False
            self._open_until_s = None if ok else now_s + SLEEP_S
            self._clear()
            return
        self._calls.append((now_s, ok))
        self._failed += not ok
        while self._calls and self._calls[0][0] < now_s - WINDOW_S:
            self._failed -= not self._calls.popleft()[1]
        if (
            self._open_until_s is None
            and len(self._calls) >= MIN_CALLS
            and self._failed >= FAILED_SHARE * len(self._calls)
        ):
            self._open_until_s = now_s + SLEEP_S
            self._clear()

    def abandon(self) -> None:
        """Record that a call ended without an outcome."""
        self._probing = False

    def _clear(self) -> None:
        self._calls.clear()
        self._failed = 0
