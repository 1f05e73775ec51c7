"""How the demo shows a page, and what changed on it, in the terminal."""

from collections.abc import Iterable

from rich.console import Console
from rich.table import Table
from rich.text import Text

from infra.demo.changes import RowChange
from infra.demo.service import decode_page

ROWS, COLUMNS = 9, 5
"""What is printed of a page."""
ASKED_ROWS, ASKED_COLUMNS = 12, 24
"""What an app asks for at first."""
LAID_OUT = 30
"""Rows and columns that every device's page has, if there is enough to show."""
NAMED = 4


def show_page(console: Console, answer: bytes) -> None:
    """The page, a line per row."""
    page = decode_page(answer)
    table = Table(box=None, pad_edge=False, show_header=False)
    table.add_column(style="bold cyan", max_width=30, no_wrap=True)
    for _ in range(COLUMNS):
        table.add_column(max_width=20, no_wrap=True)
    for row in page.rows[:ROWS]:
        table.add_row(row.name, *(tile.name for tile in row.tiles[:COLUMNS]))
    console.print(table)


def show_changes(console: Console, found: Iterable[RowChange]) -> None:
    """Row by row: where it stands now, what came, what went, what moved."""
    table = Table("row", "place", "came", "went", "moved", title="What changed", title_justify="left")
    for change in found:
        came, went = (Text(_names(names), style) for names, style in ((change.came, "green"), (change.went, "red")))
        table.add_row(change.name, _place(change), came, went, _names(change.moved))
    console.print(table)


def _place(change: RowChange) -> str:
    if change.place is None:
        return f"gone (was {change.place_before})"
    if change.place_before is None:
        return f"{change.place} (new)"
    return str(change.place) if change.place == change.place_before else f"{change.place} (was {change.place_before})"


def _names(names: tuple[str, ...]) -> str:
    rest = f" and {len(names) - NAMED} more" if len(names) > NAMED else ""
    return ", ".join(names[:NAMED]) + rest
