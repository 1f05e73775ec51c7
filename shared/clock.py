"""Clocks. Code that needs the time takes a Clock as an argument; tests pass a manual one."""

import time
from dataclasses import dataclass
from typing import Final, Protocol

MINUTE_MS: Final = 60_000
HOUR_MS: Final = 60 * MINUTE_MS
DAY_MS: Final = 24 * HOUR_MS


class Clock(Protocol):
    """Wall-clock time for timestamps, monotonic time for durations."""

    def now_ms(self) -> int:
        """Milliseconds since the Unix epoch, UTC."""
        ...

    def monotonic_s(self) -> float:
        """Seconds on a clock that never goes back; only differences are meaningful."""
        ...


class SystemClock:
    """The clocks of the machine."""

    def now_ms(self) -> int:
        return time.time_ns() // 1_000_000

    def monotonic_s(self) -> float:
        return time.monotonic()


@dataclass
class ManualClock:
    """A clock that only `advance_ms` moves; for tests and simulated time."""

    time_ms: int = 1_700_000_000_000

    def now_ms(self) -> int:
        return self.time_ms

    def monotonic_s(self) -> float:
        return self.time_ms / 1000

    def advance_ms(self, milliseconds: int) -> None:
        """Move both times forward."""
        self.time_ms += milliseconds
