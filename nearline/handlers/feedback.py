"""Feedback: thumbs, My List and stars, each the latest word on a title; taking back is a value, so
that a late event cannot undo it.
"""

from typing import Final, TypeVar

import msgspec

from nearline.handlers.base import Handler, Latest, keep_latest, later, put
from shared.events.accept import AcceptedEvent
from shared.events.envelope import Order, order_of
from shared.events.feedback import ListChange, Rating, Thumb
from shared.ids import TitleId

V = TypeVar("V")

PART = "feedback"
MAX_TITLES: Final = 5_000


class FeedbackPart(msgspec.Struct, frozen=True, array_like=True):
    """The latest word on every title that one was said about."""

    thumbs: dict[TitleId, Latest[int]] = {}
    on_list: dict[TitleId, Latest[bool]] = {}
    ratings: dict[TitleId, Latest[float]] = {}


def fold(part: FeedbackPart | None, event: AcceptedEvent) -> FeedbackPart:
    """The part with one more word."""
    part = part or FeedbackPart()
    order = order_of(event.envelope)
    match event.body:
        case Thumb(title_id=title_id, value=value):
            return msgspec.structs.replace(
                part, thumbs=_said(part.thumbs, title_id, order, int(value))
            )
        case ListChange(title_id=title_id, on_list=on_list):
            return msgspec.structs.replace(
                part, on_list=_said(part.on_list, title_id, order, on_list)
            )
        case Rating(title_id=title_id, stars=stars):
            return msgspec.structs.replace(
                part, ratings=_said(part.ratings, title_id, order, stars)
            )
        case _:
            raise TypeError(f"{event.envelope.type} is no feedback")


def _said(
    held: dict[TitleId, Latest[V]], title_id: TitleId, order: Order, value: V
) -> dict[TitleId, Latest[V]]:
    return keep_latest(
        put(held, title_id, later(held.get(title_id), order, value)),
        MAX_TITLES,
        lambda latest: latest.order,
    )


HANDLER = Handler(PART, FeedbackPart, lambda _event: PART, fold)
