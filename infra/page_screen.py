"""Draw a page in the terminal: rows of tiles with progress, reasons and missing inputs."""

from collections.abc import Sequence
from typing import Final

from rich.console import Group, RenderableType
from rich.markup import escape
from rich.progress_bar import ProgressBar
from rich.table import Table
from rich.text import Text

from shared.api.page import PageAnswer, RowAnswer, TileAnswer
from shared.api.problem import ProblemDocument

TILE_WIDTH: Final = 22
"""Columns of the terminal per tile."""
BAR_WIDTH: Final = TILE_WIDTH - 2
"""Columns of the progress bar."""


SCORED_BY: Final = {
    "fresh_vector": "scored with the embedding by nearline",
    "encoded_here": "scored with an embedding made for this page",
    "stored_vector": "scored with the embedding by the nightly run",
    "stored_order": "in the order of the nightly run",
    "popularity": "scored by popularity",
    "remembered": "with the scores of an earlier page",
    "nothing": "without scores",
}
"""Plain words for every value of `scored_by`."""


def fitting_tiles(width: int) -> int:
    """Return how many tiles of a row fit a terminal of `width` columns."""
    return max(2, (width - 2) // (TILE_WIDTH + 2))


def draw_page(page: PageAnswer, width: int) -> RenderableType:
    """Return the page as text: a headline, then one strip of tiles per row, as many as fit."""
    fitting = fitting_tiles(width)
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
        f"  {SCORED_BY[page.scored_by]}" if page.scored_by in SCORED_BY else "",
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
    if any(tile.progress is not None for tile in tiles):
        strip.add_row(*(_progress_bar(tile) for tile in tiles))
    if any(tile.reason for tile in tiles):
        strip.add_row(*(Text(tile.reason or "", style="dim") for tile in tiles))
    return strip


def _name(tile: TileAnswer) -> str:
    drawn = " [magenta]?[/magenta]" if tile.token and tile.reason else ""
    return f"[bold]{escape(tile.name)}[/bold]{drawn}"


def _progress_bar(tile: TileAnswer) -> RenderableType:
    if tile.progress is None:
        return ""
    return ProgressBar(total=1.0, completed=tile.progress, width=BAR_WIDTH)
