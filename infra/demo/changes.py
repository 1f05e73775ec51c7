"""The difference between two pages of one profile, in the part that a screen shows."""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from difflib import SequenceMatcher

from shared.api.page import PageAnswer, RowAnswer
from shared.ids import TitleId


@dataclass(frozen=True, slots=True)
class RowChange:
    """One row on the new and on the previous page, with the names of titles.

    Positions count from 1; None means that the row is not on that page.
    """

    name: str
    position: int | None
    previous_position: int | None
    added: tuple[str, ...] = ()
    removed: tuple[str, ...] = ()
    moved: tuple[str, ...] = ()

    @property
    def is_change(self) -> bool:
        """Whether anything differs."""
        has_moved = self.position != self.previous_position
        return has_moved or bool(self.added or self.removed or self.moved)

    def is_within(self, rows: int) -> bool:
        """Whether the row is among the first rows of either page."""
        positions = (self.position, self.previous_position)
        return any(position is not None and position <= rows for position in positions)


def page_changes(
    previous: PageAnswer, current: PageAnswer, rows: int, columns: int
) -> list[RowChange]:
    """The changes among the first rows and columns, in the order of the current page.

    Rows that are on the previous page only come last. A row is the same on both pages when its kind
    is the only one on either page, even with another name; other rows are matched by kind and name.
    """
    repeated_kinds = {
        kind
        for page in (previous, current)
        for kind, count in Counter(row.kind for row in page.rows).items()
        if count > 1
    }

    def key(row: RowAnswer) -> tuple[str, str]:
        return (row.kind, row.name if row.kind in repeated_kinds else "")

    removed = {key(row): (position, row) for position, row in enumerate(previous.rows, 1)}
    changes = []
    for position, row in enumerate(current.rows, 1):
        previous_position, previous_row = removed.pop(key(row), (None, None))
        changes.append(_row_change(row, previous_row, position, previous_position, columns))
    changes.extend(RowChange(row.name, None, position) for position, row in removed.values())
    return [change for change in changes if change.is_change and change.is_within(rows)]


def _row_change(
    row: RowAnswer,
    previous: RowAnswer | None,
    position: int,
    previous_position: int | None,
    columns: int,
) -> RowChange:
    """Compare the whole rows, and report the titles that are visible on either page.

    So a title that only leaves the visible part, because another one was added before it, is
    neither removed nor moved.
    """
    if previous is None:
        names = tuple(tile.name for tile in row.tiles[:columns])
        return RowChange(row.name, position, None, added=names)
    titles, previous_titles = row.title_ids(), previous.title_ids()
    visible, previously_visible = _names(row, columns), _names(previous, columns)
    in_order = _in_order(previous_titles, titles)
    moved = {title for title in titles if title in previous_titles and title not in in_order}
    return RowChange(
        row.name,
        position,
        previous_position,
        added=tuple(name for title, name in visible.items() if title not in previous_titles),
        removed=tuple(name for title, name in previously_visible.items() if title not in titles),
        moved=tuple(
            name for title, name in (visible | previously_visible).items() if title in moved
        ),
    )


def _names(row: RowAnswer, columns: int) -> dict[TitleId, str]:
    return {tile.title_id: tile.name for tile in row.tiles[:columns]}


def _in_order(previous: Sequence[TitleId], current: Sequence[TitleId]) -> set[TitleId]:
    """Titles of both rows that have the same order among each other."""
    matcher = SequenceMatcher(None, previous, current, autojunk=False)
    return {
        title
        for block in matcher.get_matching_blocks()
        for title in current[block.b : block.b + block.size]
    }


def positions_of(page: PageAnswer, title_id: str) -> list[tuple[str, int]]:
    """Every position of a title on a page: the row's name and the column, counted from 1."""
    return [
        (row.name, column)
        for row in page.rows
        for column, tile in enumerate(row.tiles, 1)
        if tile.title_id == title_id
    ]
