"""Exposures: what was served, what was really seen, and browsing; the bulk of the log, kept apart
from plays.
"""

from typing import Annotated, ClassVar, Literal

import msgspec
from msgspec import Meta

from shared.events.body import Body
from shared.ids import MAIN_ARM, GenerationId, PageId, TitleId
from shared.topics import EXPOSURES


class ServedTile(msgspec.Struct, frozen=True, omit_defaults=True):
    """One tile as served; `propensity` is the probability with which chance put it there, absent
    where nothing was drawn.
    """

    title_id: TitleId
    propensity: float | None = None
    token: str | None = None


class ServedRow(msgspec.Struct, frozen=True, omit_defaults=True):
    """One row as served, its tiles from left to right."""

    kind: str
    source: str
    version: str
    tiles: tuple[ServedTile, ...]


class Draw(msgspec.Struct, frozen=True, omit_defaults=True):
    """One draw of a page: where it stands, and all titles that chance could have put there (what
    was drawn stands in the row).
    """

    row: int
    column: int
    policy: str
    eligible: tuple[TitleId, ...]


class PageServed(Body, frozen=True, kw_only=True):
    """A page, or a further part of one, left the assembler.

    Row and column are positions in `rows` and `tiles`, counted from 0 plus `from_row` and
    `from_column`.
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
    """A tile was on the screen long enough to be seen."""

    type: ClassVar[str] = "impression.seen"
    topic: ClassVar[str] = EXPOSURES

    page_id: PageId
    title_id: TitleId
    row: Annotated[int, Meta(ge=0)]
    column: Annotated[int, Meta(ge=0)]
    visible_ms: Annotated[int, Meta(ge=0)] = 0


class Browse(Body, frozen=True, kw_only=True):
    """A look short of a play: a title page, a trailer, a hover, a scroll (which names no title)."""

    type: ClassVar[str] = "browse.look"
    topic: ClassVar[str] = EXPOSURES

    kind: Literal["title_page", "trailer", "hover", "scroll"]
    title_id: TitleId | None = None
    dwell_ms: Annotated[int, Meta(ge=0)] = 0
