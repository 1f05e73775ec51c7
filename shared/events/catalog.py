"""Catalog changes: a whole title, or its withdrawal; the key on the topic is the title's id."""

from typing import ClassVar

from shared.catalog.titles import Title
from shared.events.body import Body
from shared.ids import TitleId
from shared.topics import CATALOG


class TitlePublished(Body, frozen=True, kw_only=True):
    """The title as it is now, replacing what was known of it."""

    type: ClassVar[str] = "title.published"
    topic: ClassVar[str] = CATALOG

    title: Title


class TitleWithdrawn(Body, frozen=True, kw_only=True):
    """The title must not be shown any more; its tombstone follows at least seven days later."""

    type: ClassVar[str] = "title.withdrawn"
    topic: ClassVar[str] = CATALOG

    title_id: TitleId
    reason: str = ""
