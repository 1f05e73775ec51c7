"""Draw a page in the terminal: rows of tiles with progress, reasons and missing inputs."""

from collections.abc import Sequence
from typing import Final

from rich.console import Group, RenderableType
from rich.markup import escape
from rich.table import Table
from rich.text import Text

from shared.api.page import PageAnswer, RowAnswer, TileAnswer
from shared.api.problem import ProblemDocument

TILE_WIDTH: Final = 22
"""Columns of the terminal per tile."""
BAR_WIDTH: Final = 10
"""Columns of the progress bar."""


def draw_page(page: PageAnswer, width: int) -> RenderableType:
    """Return the page as text: a headline, then one strip of tiles per row, as many as fit."""
    fitting = max(2, (width - 2) // (TILE_WIDTH + 2))
    parts: list[RenderableType] = [_headline(page)]
    for index, row in enumerate(page.rows):
        strip = _strip(row.tiles[:fitting], len(row.tiles) - fitting)
        parts.extend((Text(), _row_headline(index, row), strip))
    return Group(*parts)


def draw_problem(problem: ProblemDocument) -> RenderableType:
    """Return the problem as one line."""
    field = f" ({problem.field})" if problem.field else ""
    return Text(f"{problem.status} {problem.title}{field}: {problem.detail}", style="red")


def _headline(page: PageAnswer) -> Text:
    line = Text.assemble(
        (page.profile_id, "bold"),
        f"  generation {page.generation or 'none'}  policy {page.policy}",
        f"  scored by {page.scored_by.replace('_', ' ')}",
    )
    if page.rung != "fresh":
        line.append(f"  [{page.rung} page]", style="yellow")
    for part in page.degraded:
        line.append(f"  [without {part}]", style="yellow")
    return line


def _row_headline(index: int, row: RowAnswer) -> Text:
    return Text.assemble(
        (f"{index + 1:>2} {row.name}", "bold cyan"),
        (f"  {row.reason}", "dim"),
        (f"  {row.source} {row.version}", "dim"),
    )


def _strip(tiles: Sequence[TileAnswer], hidden: int) -> Table:
    strip = Table.grid(padding=(0, 1))
    for _ in tiles:
        strip.add_column(width=TILE_WIDTH, overflow="ellipsis", no_wrap=True)
    strip.add_column(no_wrap=True)
    count = Text(f"+{hidden}" if hidden > 0 else "", style="dim")
    strip.add_row(*(_name(tile) for tile in tiles), count)
    if any(tile.reason or tile.progress for tile in tiles):
        strip.add_row(*(_details(tile) for tile in tiles))
    return strip


def _name(tile: TileAnswer) -> str:
    drawn = " [magenta]?[/magenta]" if tile.token and tile.reason else ""
    return f"[bold]{escape(tile.name)}[/bold]{drawn}"


def _details(tile: TileAnswer) -> str:
    reason = f"[dim]{escape(tile.reason)}[/dim]" if tile.reason else ""
    if tile.progress is None:
        return reason
    filled = round(tile.progress * BAR_WIDTH)
    return f"[red]{'━' * filled}[/red][dim]{'━' * (BAR_WIDTH - filled)}[/dim] {reason}"
