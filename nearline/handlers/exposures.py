"""Exposures: how often and when each title was seen on a page, stood on the billboard, or was
looked at.
"""

from typing import Final

import msgspec

from nearline.handlers.base import Handler, keep_latest, put
from shared.events.accept import AcceptedEvent
from shared.events.exposures import Browse, Impression
from shared.ids import TitleId

PART = "seen"
MAX_TITLES: Final = 2_000
BILLBOARD_ROW: Final = 0


class SeenTitle(msgspec.Struct, frozen=True, array_like=True):
    """Counts of impressions, of those on the billboard, and of looks; the times are of the latest
    event of a kind, 0 for never.
    """

    seen: int = 0
    last_seen_ms: int = 0
    billboard: int = 0
    looks: int = 0
    last_look_ms: int = 0


class SeenPart(msgspec.Struct, frozen=True, array_like=True):
    """All titles that the profile saw, looked at, or both."""

    titles: dict[TitleId, SeenTitle] = {}


def part_of(event: AcceptedEvent) -> str | None:
    """One part for all; a scroll names no title and means nothing here."""
    return None if isinstance(event.body, Browse) and event.body.title_id is None else PART


def fold(part: SeenPart | None, event: AcceptedEvent) -> SeenPart:
    """The part with one more impression or look."""
    titles = part.titles if part else {}
    time_ms = event.envelope.event_time_ms
    match event.body:
        case Impression(title_id=title_id, row=row):
            held = titles.get(title_id) or SeenTitle()
            now = SeenTitle(
                held.seen + 1,
                max(held.last_seen_ms, time_ms),
                held.billboard + (row == BILLBOARD_ROW),
                held.looks,
                held.last_look_ms,
            )
        case Browse(title_id=str(title_id)):
            held = titles.get(title_id) or SeenTitle()
            now = SeenTitle(
                held.seen,
                held.last_seen_ms,
                held.billboard,
                held.looks + 1,
                max(held.last_look_ms, time_ms),
            )
        case _:
            raise TypeError(f"{event.envelope.type} is no exposure")
    return SeenPart(
        keep_latest(
            put(titles, title_id, now),
            MAX_TITLES,
            lambda each: (max(each.last_seen_ms, each.last_look_ms), 0, ""),
        )
    )


HANDLER = Handler(PART, SeenPart, part_of, fold)
