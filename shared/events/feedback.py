"""Feedback events: thumbs, ratings and My List. The latest one per profile and title counts."""

from typing import Annotated, ClassVar, Literal

from msgspec import Meta

from shared.events.body import Body
from shared.ids import TitleId
from shared.topics import SIGNALS


class Thumb(Body, frozen=True, kw_only=True):
    """−1 thumb down, 0 withdrawn, 1 thumb up, 2 two thumbs up."""

    type: ClassVar[str] = "feedback.thumb"
    topic: ClassVar[str] = SIGNALS

    title_id: TitleId
    value: Literal[-1, 0, 1, 2]


class ListChange(Body, frozen=True, kw_only=True):
    """A title was added to the profile's My List, or removed from it."""

    type: ClassVar[str] = "feedback.list"
    topic: ClassVar[str] = SIGNALS

    title_id: TitleId
    on_list: bool


class Rating(Body, frozen=True, kw_only=True):
    """Stars from 0.5 to 5, from imported data sets and older clients."""

    type: ClassVar[str] = "feedback.rating"
    topic: ClassVar[str] = SIGNALS

    title_id: TitleId
    stars: Annotated[float, Meta(ge=0.5, le=5.0)]
