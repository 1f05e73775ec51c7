"""Stored pages: the layout of a served page, for scrolling, and the static page."""

import msgspec

from shared.catalog.titles import Title
from shared.events.envelope import Device
from shared.ids import MAIN_ARM, EpisodeId, GenerationId, PageId, ProfileId, TitleId

STATIC_PAGE_DOCUMENT = "static_page.json"
STATIC_PAGE_FILE = "page.json"


class TileEpisode(msgspec.Struct, frozen=True):
    """The episode that a tile plays."""

    episode_id: EpisodeId
    season: int
    number: int


class TileDetails(msgspec.Struct, frozen=True, omit_defaults=True):
    """Optional details of a tile.

    `progress` is the watched share of the film or episode, 0..1. A drawn tile has the `propensity`
    and the `token` of its draw.
    """

    reason: str | None = None
    progress: float | None = None
    episode: TileEpisode | None = None
    token: str | None = None
    propensity: float | None = None


class StoredRow(msgspec.Struct, frozen=True, omit_defaults=True):
    """One row of a page, titles from left to right; `notes` are tile details by column."""

    kind: str
    name: str
    reason: str
    source: str
    version: str
    title_ids: tuple[TitleId, ...]
    notes: dict[int, TileDetails] = {}


class StoredPage(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """The layout of a served page.

    `ceiling` and `country` are the values that its safety filters used.
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
    """The page that is served when nothing else is available.

    Its titles suit all ages and are licensed everywhere. It contains their metadata, so serving it
    needs no catalog.
    """

    created_ms: int
    rows: tuple[StaticRow, ...]
    titles: tuple[Title, ...]
