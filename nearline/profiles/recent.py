"""The event ids of the last 48 hours in a profile's rows, to detect duplicates."""

from typing import Final

import msgspec

from nearline.rows import RECENT_ROWS
from shared.clock import HOUR_MS

# A guess, as are the 48 hours: producers retry within minutes.
SLOT_MS: Final = 2 * HOUR_MS
# 24 whole slots before the current one are 48 hours. A slot's row is used again 50 hours later, so
# the number of rows is bounded.
SLOTS: Final = 25
# A guess: more events than one profile sends in two hours.
MAX_IDS: Final = 20_000


class RecentPart(msgspec.Struct, array_like=True):
    """The event ids of one slot of append time, each with its offset; changed in place.

    `number` counts slots since 1970.
    """

    number: int
    ids: dict[str, int]


class RecentIds:
    """The event ids of the last 48 hours by append time, in a ring of rows.

    Adding an id changes one row. The included ids depend on append times alone, never on a clock,
    so that a replay has the same outcome.
    """

    def __init__(self, parts: dict[str, RecentPart]) -> None:
        self.parts = parts

    def __contains__(self, event_id: str) -> bool:
        oldest = max((part.number for part in self.parts.values()), default=0) - SLOTS + 1
        return any(event_id in part.ids for part in self.parts.values() if part.number >= oldest)

    def add(self, event_id: str, offset: int, append_time_ms: int) -> str:
        """Add an id and return the name of the changed row."""
        number = append_time_ms // SLOT_MS
        name = f"{RECENT_ROWS}:{number % SLOTS}"
        part = self.parts.get(name)
        if part is None or part.number < number:
            part = self.parts[name] = RecentPart(number, {})
        if len(part.ids) >= MAX_IDS:
            del part.ids[next(iter(part.ids))]
        part.ids[event_id] = offset
        return name
