"""Catalog events: publication and withdrawal of titles, keyed by title id."""

from typing import ClassVar

from shared.catalog.titles import Title
from shared.events.body import Body
from shared.ids import TitleId
from shared.topics import CATALOG


class TitlePublished(Body, frozen=True, kw_only=True):
    """All metadata of a title; replaces the earlier version."""

    type: ClassVar[str] = "title.published"
    topic: ClassVar[str] = CATALOG

    title: Title


class TitleWithdrawn(Body, frozen=True, kw_only=True):
    """The title must no longer be shown. Its tombstone follows at least seven days later."""

    type: ClassVar[str] = "title.withdrawn"
    topic: ClassVar[str] = CATALOG

    title_id: TitleId
    reason: str = ""
