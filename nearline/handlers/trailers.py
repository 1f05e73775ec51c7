"""Trailer views: the number and the latest time for each title."""

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
from shared.events.exposures import Browse
from shared.ids import TitleId
from shared.records.digest import TrailerViews

# A guess: more trailers than a member views in months.
MAX_TITLES: Final = 500


class TrailersPart(msgspec.Struct, frozen=True, array_like=True):
    """The trailer views of each title."""

    titles: dict[TitleId, TrailerViews] = {}


def part_key(event: AcceptedEvent) -> str | None:
    """The single part; None for a look at anything but a title's trailer."""
    body = event.body
    is_trailer = isinstance(body, Browse) and body.kind == "trailer" and body.title_id is not None
    return SINGLE_PART if is_trailer else None


def fold(part: TrailersPart | None, event: AcceptedEvent) -> tuple[TrailersPart, Effects]:
    """Add one trailer view."""
    body = event.body
    if not isinstance(body, Browse) or body.title_id is None:
        raise TypeError(f"{event.envelope.type} is not a look at a title")
    titles = part.titles if part else {}
    views = titles.get(body.title_id) or TrailerViews(0, 0)
    updated = TrailerViews(views.count + 1, max(views.last_ms, event.envelope.event_time_ms))
    latest = keep_latest(
        with_entry(titles, body.title_id, updated),
        MAX_TITLES,
        lambda entry: (entry.last_ms, 0, ""),
    )
    return TrailersPart(latest), ()


def summarize(part: TrailersPart) -> DigestFields:
    """The trailer views by title."""
    return {"trailer_views": part.titles}


HANDLER = single_part_handler(
    name="trailers",
    version=1,
    events=(Browse,),
    empty=TrailersPart(),
    part_key=part_key,
    fold=fold,
    summarize=summarize,
)
