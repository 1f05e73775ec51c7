"""Answers with rows of tiles: a page, a further part of a page, similar titles."""

from typing import Annotated, Literal

from msgspec import Meta, Struct

from shared.api.fields import TimeMs
from shared.ids import GenerationId, PageId, ProfileId, TitleId
from shared.records.page import TileEpisode

Rung = Literal["fresh", "stored", "remembered", "popular", "static"]


class TileAnswer(Struct, frozen=True, omit_defaults=True):
    """One title in a row. Fields without a value are left out."""

    title_id: TitleId
    name: Annotated[str, Meta(description="Name of the title.", examples=["Night Train"])]
    rank: Annotated[
        int, Meta(ge=0, description="Column in the row as laid out, counted from 0. May have gaps.")
    ]
    artwork: Annotated[str | None, Meta(description="Id of the artwork to show.")] = None
    reason: Annotated[
        str | None,
        Meta(description="Why the title is in the row; absent if the reason of the row applies."),
    ] = None
    progress: Annotated[
        float | None, Meta(description="Watched share of the film or episode, from 0 to 1.")
    ] = None
    episode: TileEpisode | None = None
    token: Annotated[
        str | None,
        Meta(description="Set if a random draw chose the tile. Send it back in `origin.token`."),
    ] = None


class RowAnswer(Struct, frozen=True):
    """One row of tiles, from left to right."""

    kind: Annotated[str, Meta(description="Row kind.", examples=["top_picks"])]
    name: Annotated[str, Meta(description="Heading of the row.", examples=["Top Picks for Ada"])]
    reason: Annotated[str, Meta(description="Why the row is on the page.")]
    source: Annotated[str, Meta(description="Candidate source that filled the row.")]
    version: Annotated[str, Meta(description="Version of the source or of its model.")]
    tiles: tuple[TileAnswer, ...]

    def title_ids(self) -> list[TitleId]:
        """Return the title ids, from left to right."""
        return [tile.title_id for tile in self.tiles]


class PageAnswer(Struct, frozen=True, kw_only=True, omit_defaults=True):
    """A member's page, or the first rows and columns of it."""

    page_id: PageId
    profile_id: ProfileId
    generation: Annotated[
        GenerationId | None, Meta(description="Published generation that made the page.")
    ]
    arms: Annotated[
        dict[str, str],
        Meta(description="Experiment arm by layer.", examples=[{"main": "main"}]),
    ]
    policy: Annotated[str, Meta(description="Name of the page policy.")]
    rung: Annotated[
        Rung,
        Meta(description="Fallback level of the page: `fresh` is the best, `static` the last."),
    ]
    degraded: Annotated[
        tuple[str, ...],
        Meta(description="Inputs that were missing for the page. Empty for a complete page."),
    ]
    scored_by: Annotated[str, Meta(description="How the titles were scored.")]
    signals_as_of: Annotated[
        TimeMs | None,
        Meta(
            description="Time of the profile's latest included event, in milliseconds since 1970."
        ),
    ]
    catalog_age_ms: Annotated[
        int | None,
        Meta(description="Milliseconds since the catalog was last known to be up to date."),
    ]
    more: Annotated[
        str | None,
        Meta(description="Path and query of the next part; null if there is none."),
    ]
    rows: tuple[RowAnswer, ...]
    timings_ms: Annotated[
        dict[str, float] | None, Meta(description="Milliseconds per step, with `debug=true`.")
    ] = None

    def row(self, kind: str) -> RowAnswer | None:
        """Return the first row of a kind."""
        return next((row for row in self.rows if row.kind == kind), None)

    def shows(self, title_id: str, kind: str | None = None) -> bool:
        """Whether a title is in a row of the kind, or in any row."""
        return title_id in self.title_ids(kind)

    def title_ids(self, kind: str | None = None) -> list[TitleId]:
        """Return the title ids in reading order, of one row kind or of all rows."""
        return [
            tile.title_id
            for row in self.rows
            if kind is None or row.kind == kind
            for tile in row.tiles
        ]


class MoreAnswer(Struct, frozen=True, kw_only=True):
    """A further part of a page. Titles withdrawn or restricted since are missing."""

    page_id: PageId
    more: Annotated[
        str | None,
        Meta(description="Path and query of the next part; null if there is none."),
    ]
    degraded: Annotated[
        tuple[str, ...], Meta(description="Inputs that were missing for this part.")
    ]
    rows: tuple[RowAnswer, ...]


class SimilarAnswer(Struct, frozen=True, kw_only=True):
    """Titles similar to one title, most similar first."""

    title_id: TitleId
    generation: Annotated[
        GenerationId | None, Meta(description="Published generation with the similarity model.")
    ]
    tiles: tuple[TileAnswer, ...]
