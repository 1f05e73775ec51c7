"""How the demo shows a page, and what changed on it, in the terminal."""

from collections.abc import Iterable

import msgspec
from rich.console import Console
from rich.table import Table
from rich.text import Text

from infra.demo.changes import RowChange
from infra.page_screen import PageAnswer, draw_page

ROWS, COLUMNS = 9, 5
"""What is printed of a page."""
ASKED_ROWS, ASKED_COLUMNS = 12, 24
"""What an app asks for at first."""
LAID_OUT = 30
"""Rows and columns that every device's page has, if there is enough to show."""
NAMED = 4


def show_page(console: Console, answer: bytes) -> None:
    """The top of the page, as `marquee page` shows it."""
    page = msgspec.json.decode(answer, type=PageAnswer)
    page.rows = page.rows[:ROWS]
    console.print(draw_page(page, console.width))


def show_changes(console: Console, found: Iterable[RowChange]) -> None:
    """Row by row: where it stands now, what came, what went, what moved."""
    table = Table(
        "row", "place", "came", "went", "moved", title="What changed", title_justify="left"
    )
    for change in found:
        came, went = (
            Text(_names(names), style)
            for names, style in ((change.came, "green"), (change.went, "red"))
        )
        table.add_row(change.name, _place(change), came, went, _names(change.moved))
    console.print(table)


def _place(change: RowChange) -> str:
    if change.place is None:
        return f"gone (was {change.place_before})"
    if change.place_before is None:
        return f"{change.place} (new)"
    return (
        str(change.place)
        if change.place == change.place_before
        else f"{change.place} (was {change.place_before})"
    )


def _names(names: tuple[str, ...]) -> str:
    rest = f" and {len(names) - NAMED} more" if len(names) > NAMED else ""
    return ", ".join(names[:NAMED]) + rest
