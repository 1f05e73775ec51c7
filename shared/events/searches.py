"""Search events: queries, results and selections. Plays from results have the origin `search`."""

from typing import Annotated, ClassVar

from msgspec import Meta

from shared.events.body import Body
from shared.ids import TitleId
from shared.topics import SIGNALS

Query = Annotated[str, Meta(min_length=1, max_length=200)]


class SearchPerformed(Body, frozen=True, kw_only=True):
    """A search query, and the titles of its results in order."""

    type: ClassVar[str] = "search.performed"
    topic: ClassVar[str] = SIGNALS

    query: Query
    results: Annotated[tuple[TitleId, ...], Meta(max_length=200)] = ()


class SearchSelected(Body, frozen=True, kw_only=True):
    """A result was opened; `rank` is its position, counted from 0."""

    type: ClassVar[str] = "search.selected"
    topic: ClassVar[str] = SIGNALS

    query: Query
    title_id: TitleId
    rank: Annotated[int, Meta(ge=0)] = 0
