"""The page API's answers, as far as a member's app reads them."""

import msgspec


class Tile(msgspec.Struct, frozen=True):
    """One tile."""

    title_id: str
    rank: int
    reason: str | None = None
    progress: float | None = None
    token: str | None = None


class Row(msgspec.Struct, frozen=True):
    """One row."""

    kind: str
    name: str
    source: str
    tiles: tuple[Tile, ...]

    @property
    def titles(self) -> list[str]:
        """The title ids, from left to right."""
        return [tile.title_id for tile in self.tiles]


class Page(msgspec.Struct, frozen=True):
    """A page."""

    page_id: str
    rung: str
    rows: tuple[Row, ...]
    generation: str | None
    scored_by: str
    signals_as_of: int | None
    degraded: tuple[str, ...]

    @property
    def is_fresh(self) -> bool:
        """Whether it was made of this moment's signals, and nothing was missing."""
        return self.rung == "fresh" and not self.degraded

    def row(self, kind: str) -> Row | None:
        """The first row of a kind."""
        return next((row for row in self.rows if row.kind == kind), None)

    def of(self, kind: str) -> list[str]:
        """The titles of the first row of a kind; none where there is no such row."""
        row = self.row(kind)
        return row.titles if row is not None else []

    @property
    def titles(self) -> set[str]:
        """Everything on the page."""
        return {title_id for row in self.rows for title_id in row.titles}


class Refusal(msgspec.Struct, frozen=True):
    """Why an event of a batch was not taken."""

    index: int
    reason: str
    field: str | None = None


class Taken(msgspec.Struct, frozen=True):
    """What became of a batch."""

    accepted: int
    refused: tuple[Refusal, ...] = ()
