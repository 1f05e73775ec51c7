"""Title metadata: films and series, episodes, license windows, artworks."""

from typing import Annotated, Final, Literal

import msgspec
from msgspec import Meta

from shared.ids import EpisodeId, TitleId

EVERYWHERE: Final = "*"
"""In a license window: every country."""
FILM_PART: Final = ""
"""The id of a film's only part; the parts of a series have episode ids."""
COUNTRY_PATTERN: Final = "[A-Z]{2}"
"""An ISO 3166 alpha-2 code, as a regular expression for the whole string."""
MAX_RUNTIME_S: Final = 24 * 60 * 60
"""A guess: longer than any film."""
ADULT_AGE: Final = 18
"""The highest age rating in use (published by national rating boards)."""
KIDS_AGE: Final = 7
"""A guess. The maturity ceiling of a kids' profile, and of a profile with an unknown ceiling."""

Country = Annotated[str, Meta(pattern=f"^{COUNTRY_PATTERN}$")]
Runtime = Annotated[int, Meta(gt=0, le=MAX_RUNTIME_S)]
"""Seconds."""
Maturity = Annotated[int, Meta(ge=0, le=ADULT_AGE)]
"""An age in years."""


class Episode(msgspec.Struct, frozen=True, omit_defaults=True):
    """One episode; members can play it from `available_from_ms` (UTC) on."""

    episode_id: EpisodeId
    season: int
    number: int
    runtime_s: Runtime
    available_from_ms: int
    name: str | None = None


class Window(msgspec.Struct, frozen=True, omit_defaults=True):
    """A license window: the right to show a title in a country for from_ms ≤ t < to_ms (UTC).

    `country` is an ISO 3166 code or EVERYWHERE; without `to_ms` the window does not end.
    """

    country: str
    from_ms: int
    to_ms: int | None = None


class Artwork(msgspec.Struct, frozen=True, omit_defaults=True):
    """One picture of a title, and its theme."""

    artwork_id: str
    theme: str = ""


class Franchise(msgspec.Struct, frozen=True):
    """The collection of a title, and the title's position in it, counted from 1."""

    name: str
    order: int


class Title(msgspec.Struct, frozen=True, omit_defaults=True, kw_only=True):
    """All metadata of a film or series.

    `maturity` is the youngest age that the title suits; None means unknown and counts as ADULT_AGE.
    A film has a `runtime_s` and no episodes. A series has episodes ordered by season and number;
    its `runtime_s` is that of a typical episode.
    """

    title_id: TitleId
    name: str
    kind: Literal["film", "series"]
    genres: tuple[str, ...]
    runtime_s: Runtime
    launch_ms: int
    windows: tuple[Window, ...]
    maturity: Maturity | None = None
    episodes: tuple[Episode, ...] = ()
    moods: tuple[str, ...] = ()
    tags: tuple[str, ...] = ()
    cast: tuple[str, ...] = ()
    language: str = "en"
    release_year: int | None = None
    franchise: Franchise | None = None
    artworks: tuple[Artwork, ...] = ()
    synopsis: str = ""
