"""Print a page, and the difference between two pages, in the terminal."""

from typing import Final

import msgspec
from rich.console import Console
from rich.table import Table
from rich.text import Text

from infra.demo.changes import RowChange, page_changes
from infra.page_screen import draw_page, fitting_tiles
from shared.api.page import PageAnswer

PRINTED_ROWS: Final = 9
"""A guess: rows that fit a terminal."""
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


def printed_part(console: Console, page: PageAnswer) -> PageAnswer:
    """The rows and tiles of the page that `show_page` prints."""
    columns = fitting_tiles(console.width)
    rows = tuple(
        msgspec.structs.replace(row, tiles=row.tiles[:columns]) for row in page.rows[:PRINTED_ROWS]
    )
    return msgspec.structs.replace(page, rows=rows)


def show_changes(console: Console, previous: PageAnswer, current: PageAnswer) -> None:
    """Print the changes in the printed part: per row its position and the titles concerned."""
    changes = page_changes(previous, current, PRINTED_ROWS, fitting_tiles(console.width))
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
