"""Pages at rest: the page as it was laid out, kept for stable scrolling, and the static page that
needs nothing else to be shown.
"""

import msgspec

from shared.catalog.titles import Title
from shared.events.envelope import Device
from shared.ids import MAIN_ARM, EpisodeId, GenerationId, PageId, ProfileId, TitleId

STATIC_PAGE_DOCUMENT = "static_page.json"
STATIC_PAGE_FILE = "page.json"


class TileEpisode(msgspec.Struct, frozen=True):
    """The episode that a tile would play."""

    episode_id: EpisodeId
    season: int
    number: int


class TileDetails(msgspec.Struct, frozen=True, omit_defaults=True):
    """What a tile says beyond its title; `progress` is the share of the film or episode already
    seen, 0..1.

    `propensity` is set, and a token with it, where chance chose the tile.
    """

    reason: str | None = None
    progress: float | None = None
    episode: TileEpisode | None = None
    token: str | None = None
    propensity: float | None = None


class StoredRow(msgspec.Struct, frozen=True, omit_defaults=True):
    """One row as laid out, from left to right; `notes` by column."""

    kind: str
    name: str
    reason: str
    source: str
    version: str
    title_ids: tuple[TitleId, ...]
    notes: dict[int, TileDetails] = {}


class StoredPage(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """A whole page as laid out, with its owner; `ceiling` and `country` are what its safety filters
    used.
    """

    page_id: PageId
    profile_id: ProfileId
    created_ms: int
    policy: str
    device: Device
    ceiling: int
    country: str | None
    rows: tuple[StoredRow, ...]
    generation: GenerationId | None = None
    arm: str = MAIN_ARM
    degraded: tuple[str, ...] = ()


class StaticRow(msgspec.Struct, frozen=True):
    """A row of the static page."""

    name: str
    title_ids: tuple[TitleId, ...]


class StaticPage(msgspec.Struct, frozen=True, kw_only=True):
    """The page of last resort: titles that suit every age and are licensed everywhere, carried
    whole, so that it needs no catalog.
    """

    created_ms: int
    rows: tuple[StaticRow, ...]
    titles: tuple[Title, ...]
