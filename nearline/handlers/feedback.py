"""Feedback: the latest thumb, My List state and stars of each title.

A withdrawn thumb or a removed title is stored as a value, so that a late event cannot restore the
previous one.
"""

from collections.abc import Mapping
from heapq import nlargest
from typing import Final, TypeVar

import msgspec

from nearline.handlers.base import (
    DigestFields,
    Latest,
    keep_latest,
    latest_of,
    single_part_handler,
    with_entry,
)
from nearline.handlers.effects import Effects
from shared.events.accept import AcceptedEvent
from shared.events.envelope import Order, order_of
from shared.events.feedback import ListChange, Rating, Thumb
from shared.ids import TitleId

V = TypeVar("V", int, float, bool)

# A guess: more titles than a member rates in years.
MAX_TITLES: Final = 5_000
# Limits of the digest, which pages read; guesses. The part has more entries.
DIGEST_FEEDBACK: Final = 1_000
DIGEST_LIST: Final = 300


class FeedbackPart(msgspec.Struct, frozen=True, array_like=True):
    """The latest feedback of each kind by title."""

    thumbs: dict[TitleId, Latest[int]] = {}
    on_list: dict[TitleId, Latest[bool]] = {}
    ratings: dict[TitleId, Latest[float]] = {}


def fold(part: FeedbackPart | None, event: AcceptedEvent) -> tuple[FeedbackPart, Effects]:
    """Replace the title's feedback of the event's kind if the event is later."""
    part = part or FeedbackPart()
    order = order_of(event.envelope)
    match event.body:
        case Thumb(title_id=title_id, value=value):
            thumbs = _with_latest(part.thumbs, title_id, order, int(value))
            return msgspec.structs.replace(part, thumbs=thumbs), ()
        case ListChange(title_id=title_id, on_list=on_list):
            listed = _with_latest(part.on_list, title_id, order, on_list)
            return msgspec.structs.replace(part, on_list=listed), ()
        case Rating(title_id=title_id, stars=stars):
            ratings = _with_latest(part.ratings, title_id, order, stars)
            return msgspec.structs.replace(part, ratings=ratings), ()
        case _:
            raise TypeError(f"{event.envelope.type} is not feedback")


def summarize(part: FeedbackPart) -> DigestFields:
    """Thumbs that were not withdrawn, ratings, and My List with the newest addition first."""
    listed = _newest(part.on_list, MAX_TITLES)
    return {
        "thumbs": {
            title_id: thumb for title_id, thumb in _newest(part.thumbs, DIGEST_FEEDBACK) if thumb
        },
        "ratings": dict(_newest(part.ratings, DIGEST_FEEDBACK)),
        "my_list": tuple(title_id for title_id, on_list in listed if on_list)[:DIGEST_LIST],
    }


def _with_latest(
    entries: dict[TitleId, Latest[V]], title_id: TitleId, order: Order, value: V
) -> dict[TitleId, Latest[V]]:
    latest = latest_of(entries.get(title_id), order, value)
    return keep_latest(with_entry(entries, title_id, latest), MAX_TITLES, lambda entry: entry.order)


def _newest(entries: Mapping[TitleId, Latest[V]], limit: int) -> list[tuple[TitleId, V]]:
    newest = nlargest(limit, entries.items(), key=lambda entry: (entry[1].order, entry[0]))
    return [(title_id, latest.value) for title_id, latest in newest]


HANDLER = single_part_handler(
    name="feedback",
    version=1,
    events=(Thumb, ListChange, Rating),
    empty=FeedbackPart(),
    fold=fold,
    summarize=summarize,
)
