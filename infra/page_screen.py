"""Draw a page in the terminal: rows of tiles with progress, reasons, and what was degraded."""

from typing import Final

import msgspec
from rich.console import Group, RenderableType
from rich.markup import escape
from rich.table import Table
from rich.text import Text

TILE_WIDTH: Final = 22
BAR: Final = 10


class Episode(msgspec.Struct):
    """The episode that a tile would play."""

    season: int
    number: int


class Tile(msgspec.Struct):
    """One tile of the API's answer."""

    title_id: str
    name: str
    rank: int
    reason: str | None = None
    progress: float | None = None
    episode: Episode | None = None
    token: str | None = None


class ShownRow(msgspec.Struct):
    """One row of the API's answer."""

    kind: str
    name: str
    reason: str
    source: str
    version: str
    tiles: list[Tile]


class PageAnswer(msgspec.Struct):
    """The API's answer to a page request, as far as the terminal shows it."""

    page_id: str
    profile_id: str
    generation: str | None
    rung: str
    policy: str
    degraded: list[str]
    scored_by: str
    rows: list[ShownRow]


class ProblemAnswer(msgspec.Struct):
    """A problem document."""

    title: str
    detail: str = ""
    status: int = 0
    field: str | None = None


def draw_page(page: PageAnswer, width: int) -> RenderableType:
    """The whole page: a head line, then a strip of tiles per row, as many as fit."""
    fits = max(2, (width - 2) // (TILE_WIDTH + 2))
    parts: list[RenderableType] = [_head(page)]
    for number, row in enumerate(page.rows):
        parts.extend(
            (Text(), _row_head(number, row), _strip(row.tiles[:fits], len(row.tiles) - fits))
        )
    return Group(*parts)


def draw_problem(problem: ProblemAnswer) -> RenderableType:
    """What the API said was wrong."""
    field = f" ({problem.field})" if problem.field else ""
    return Text(f"{problem.status} {problem.title}{field}: {problem.detail}", style="red")


def _head(page: PageAnswer) -> Text:
    head = Text.assemble(
        (page.profile_id, "bold"),
        f"  generation {page.generation or 'none'}  policy {page.policy}  scored by {page.scored_by.replace('_', ' ')}",
    )
    if page.rung != "fresh":
        head.append(f"  [{page.rung} page]", style="yellow")
    for what in page.degraded:
        head.append(f"  [without {what}]", style="yellow")
    return head


def _row_head(number: int, row: ShownRow) -> Text:
    return Text.assemble(
        (f"{number + 1:>2} {row.name}", "bold cyan"),
        (f"  {row.reason}", "dim"),
        (f"  {row.source} {row.version}", "dim"),
    )


def _strip(tiles: list[Tile], hidden: int) -> Table:
    strip = Table.grid(padding=(0, 1))
    for _ in tiles:
        strip.add_column(width=TILE_WIDTH, overflow="ellipsis", no_wrap=True)
    strip.add_column(no_wrap=True)
    strip.add_row(
        *(_name(tile) for tile in tiles), Text(f"+{hidden}" if hidden > 0 else "", style="dim")
    )
    if any(tile.reason or tile.progress for tile in tiles):
        strip.add_row(*(_below(tile) for tile in tiles))
    return strip


def _name(tile: Tile) -> str:
    return f"[bold]{escape(tile.name)}[/bold]" + (
        " [magenta]?[/magenta]" if tile.token and tile.reason else ""
    )


def _below(tile: Tile) -> str:
    bar = ""
    if tile.progress is not None:
        seen = round(tile.progress * BAR)
        bar = f"[red]{'━' * seen}[/red][dim]{'━' * (BAR - seen)}[/dim] "
    return bar + (f"[dim]{escape(tile.reason)}[/dim]" if tile.reason else "")
