"""Exposure events: served pages, impressions and browsing; most events of the log."""

from typing import Annotated, ClassVar, Literal

import msgspec
from msgspec import Meta

from shared.events.body import Body
from shared.ids import MAIN_ARM, GenerationId, PageId, TitleId
from shared.topics import EXPOSURES


class ServedTile(msgspec.Struct, frozen=True, omit_defaults=True):
    """One tile as served.

    `propensity` is the probability of the tile in its draw; None if the tile was not drawn.
    """

    title_id: TitleId
    propensity: float | None = None
    token: str | None = None


class ServedRow(msgspec.Struct, frozen=True, omit_defaults=True):
    """One row as served, tiles from left to right."""

    kind: str
    source: str
    version: str
    tiles: tuple[ServedTile, ...]


class Draw(msgspec.Struct, frozen=True, omit_defaults=True):
    """One random draw of a page: its position, and the titles that could have been drawn.

    The drawn title is the tile at that position.
    """

    row: int
    column: int
    policy: str
    eligible: tuple[TitleId, ...]


class PageServed(Body, frozen=True, kw_only=True):
    """A page, or a further part of one, was served.

    The first row and tile have the page positions `from_row` and `from_column`, counted from 0.
    """

    type: ClassVar[str] = "page.served"
    topic: ClassVar[str] = EXPOSURES

    page_id: PageId
    policy: str
    rows: tuple[ServedRow, ...]
    generation: GenerationId | None = None
    arm: str = MAIN_ARM
    degraded: tuple[str, ...] = ()
    from_row: Annotated[int, Meta(ge=0)] = 0
    from_column: Annotated[int, Meta(ge=0)] = 0
    draws: tuple[Draw, ...] = ()


class Impression(Body, frozen=True, kw_only=True):
    """A tile was visible long enough to be seen."""

    type: ClassVar[str] = "impression.seen"
    topic: ClassVar[str] = EXPOSURES

    page_id: PageId
    title_id: TitleId
    row: Annotated[int, Meta(ge=0)]
    column: Annotated[int, Meta(ge=0)]
    visible_ms: Annotated[int, Meta(ge=0)] = 0


class Browse(Body, frozen=True, kw_only=True):
    """A look: a title page, a trailer or a hover, or a scroll without a title."""

    type: ClassVar[str] = "browse.look"
    topic: ClassVar[str] = EXPOSURES

    kind: Literal["title_page", "trailer", "hover", "scroll"]
    title_id: TitleId | None = None
    dwell_ms: Annotated[int, Meta(ge=0)] = 0
