"""Print a page, and the difference between two pages, in the terminal."""

from collections.abc import Iterable
from typing import Final

import msgspec
from rich.console import Console
from rich.table import Table
from rich.text import Text

from infra.demo.changes import RowChange
from infra.page_screen import draw_page
from shared.api.page import PageAnswer

# Guesses: the part of a page that fits a terminal.
PRINTED_ROWS: Final = 9
PRINTED_COLUMNS: Final = 5

PAGE_ROWS: Final = 12
PAGE_COLUMNS: Final = 24
"""The size of a client's first request; a guess."""
MAX_SIZE: Final = 30
"""Rows and columns that fit every device's largest page."""
MAX_NAMES: Final = 4
"""Names in one printed sentence; a guess."""


def show_page(console: Console, page: PageAnswer) -> None:
    """Print the first rows of the page, as `marquee page` does."""
    first_rows = msgspec.structs.replace(page, rows=page.rows[:PRINTED_ROWS])
    console.print(draw_page(first_rows, console.width))


def show_changes(console: Console, changes: Iterable[RowChange]) -> None:
    """Print per row its position and the titles that were added, removed or moved."""
    columns = ("row", "position", "added", "removed", "moved")
    table = Table(*columns, title="Changes on the page", title_justify="left")
    for change in changes:
        added, removed = (
            Text(_names(names), style)
            for names, style in ((change.added, "green"), (change.removed, "red"))
        )
        table.add_row(change.name, _position(change), added, removed, _names(change.moved))
    console.print(table)


def _position(change: RowChange) -> str:
    if change.position is None:
        return f"removed (was {change.previous_position})"
    if change.previous_position is None:
        return f"{change.position} (new)"
    if change.position == change.previous_position:
        return str(change.position)
    return f"{change.position} (was {change.previous_position})"


def _names(names: tuple[str, ...]) -> str:
    rest = f" and {len(names) - MAX_NAMES} more" if len(names) > MAX_NAMES else ""
    return ", ".join(names[:MAX_NAMES]) + rest
