"""A circuit breaker: when most calls to a dependency fail, stop calling it for a while, then try
one.
"""

from collections import deque

from shared.clock import Clock

WINDOW_S = 10.0
MIN_CALLS = 20
ERROR_SHARE = 0.5
SLEEP_S = 5.0


class Breaker:
    """Closed while the dependency answers; open for five seconds after at least half of twenty
    calls in ten seconds failed.

    When the sleep is over one call is let through as a probe; its outcome closes or opens the
    breaker again. For one thread.
    """

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self._calls: deque[tuple[float, bool]] = deque()
        self._failed = 0
        self._open_until: float | None = None
        self._probing = False

    @property
    def is_open(self) -> bool:
        """Whether calls are being refused now."""
        return self._open_until is not None

    def allows(self) -> bool:
        """Whether to make a call now; a caller that is allowed must report the outcome, or abandon
        the call.
        """
        if self._open_until is None:
            return True
        if self._clock.monotonic_s() < self._open_until or self._probing:
            return False
        self._probing = True
        return True

    def report(self, ok: bool) -> None:
        """Say how a call went."""
        now = self._clock.monotonic_s()
        if self._probing:
            self._probing = False
            self._open_until = None if ok else now + SLEEP_S
            self._forget()
            return
        self._calls.append((now, ok))
        self._failed += not ok
        while self._calls and self._calls[0][0] < now - WINDOW_S:
            self._failed -= not self._calls.popleft()[1]
        if (
            self._open_until is None
            and len(self._calls) >= MIN_CALLS
            and self._failed >= ERROR_SHARE * len(self._calls)
        ):
            self._open_until = now + SLEEP_S
            self._forget()

    def abandon(self) -> None:
        """Say that a call was given up and its outcome will never be known."""
        self._probing = False

    def _forget(self) -> None:
        self._calls.clear()
        self._failed = 0
