"""Which event ids a profile's rows already include: kept for two days, so that a producer's retry
counts once.
"""

from typing import Final

import msgspec

PART: Final = "recent"
SLOT_MS: Final = 2 * 3_600_000
# 24 whole slots before the current one are 48 hours; a slot's row is used again for the slot 50
# hours later, so rows do not pile up.
SLOTS: Final = 25
MAX_IDS: Final = 20_000


class RecentPart(msgspec.Struct, array_like=True):
    """The ids of one slot of append time, each with its offset; `number` counts slots since 1970.
    Changed in place.
    """

    number: int
    ids: dict[str, int]


class RecentIds:
    """The ids of the last 48 hours by append time, in a ring of rows of which only the current one
    is rewritten.

    Which ids are still known depends on append times alone, never on a clock, so a replay comes to
    the same verdicts.
    """

    def __init__(self, parts: dict[str, RecentPart]) -> None:
        self.parts = parts

    def __contains__(self, event_id: str) -> bool:
        oldest = max((part.number for part in self.parts.values()), default=0) - SLOTS + 1
        return any(event_id in part.ids for part in self.parts.values() if part.number >= oldest)

    def add(self, event_id: str, offset: int, append_time_ms: int) -> str:
        """Keep an id; the name of the part that has changed."""
        number = append_time_ms // SLOT_MS
        name = f"{PART}:{number % SLOTS}"
        part = self.parts.get(name)
        if part is None or part.number < number:
            part = self.parts[name] = RecentPart(number, {})
        if len(part.ids) >= MAX_IDS:
            del part.ids[next(iter(part.ids))]
        part.ids[event_id] = offset
        return name
