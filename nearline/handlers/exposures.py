"""Exposures: impressions of each title, those on the billboard, and looks at it."""

from typing import Final

import msgspec

from nearline.handlers.base import (
    SINGLE_PART,
    DigestFields,
    keep_latest,
    single_part_handler,
    with_entry,
)
from nearline.handlers.effects import Effects
from shared.events.accept import AcceptedEvent
from shared.events.exposures import Browse, Impression
from shared.ids import TitleId

# A guess: more titles than a member sees in months.
MAX_TITLES: Final = 2_000
BILLBOARD_ROW: Final = 0


class SeenTitle(msgspec.Struct, frozen=True, array_like=True):
    """Numbers of impressions, of those on the billboard, and of looks.

    The times are those of the latest impression and the latest look, 0 without one.
    """

    seen: int = 0
    last_seen_ms: int = 0
    billboard: int = 0
    looks: int = 0
    last_look_ms: int = 0


class SeenPart(msgspec.Struct, frozen=True, array_like=True):
    """All titles that the profile saw or looked at."""

    titles: dict[TitleId, SeenTitle] = {}


def part_key(event: AcceptedEvent) -> str | None:
    """The single part; None for a scroll, which names no title."""
    is_scroll = isinstance(event.body, Browse) and event.body.title_id is None
    return None if is_scroll else SINGLE_PART


def fold(part: SeenPart | None, event: AcceptedEvent) -> tuple[SeenPart, Effects]:
    """Add one impression or look."""
    titles = part.titles if part else {}
    time_ms = event.envelope.event_time_ms
    match event.body:
        case Impression(title_id=title_id, row=row):
            title = titles.get(title_id) or SeenTitle()
            updated = msgspec.structs.replace(
                title,
                seen=title.seen + 1,
                last_seen_ms=max(title.last_seen_ms, time_ms),
                billboard=title.billboard + (row == BILLBOARD_ROW),
            )
        case Browse(title_id=str(title_id)):
            title = titles.get(title_id) or SeenTitle()
            updated = msgspec.structs.replace(
                title, looks=title.looks + 1, last_look_ms=max(title.last_look_ms, time_ms)
            )
        case _:
            raise TypeError(f"{event.envelope.type} is neither an impression nor a look")
    latest = keep_latest(
        with_entry(titles, title_id, updated),
        MAX_TITLES,
        lambda entry: (max(entry.last_seen_ms, entry.last_look_ms), 0, ""),
    )
    return SeenPart(latest), ()


def summarize(part: SeenPart) -> DigestFields:
    """Counts and times by title, without zeros."""
    titles = part.titles.items()
    return {
        "seen": {title_id: title.seen for title_id, title in titles if title.seen},
        "last_seen_ms": {title_id: title.last_seen_ms for title_id, title in titles if title.seen},
        "looks": {title_id: title.looks for title_id, title in titles if title.looks},
        "billboard_seen": {
            title_id: title.billboard for title_id, title in titles if title.billboard
        },
    }


HANDLER = single_part_handler(
    name="seen",
    version=1,
    events=(Impression, Browse),
    empty=SeenPart(),
    part_key=part_key,
    fold=fold,
    summarize=summarize,
)
