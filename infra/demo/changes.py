"""The difference between two pages of one profile: added, removed and moved rows and tiles."""

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class VisibleRow:
    """The visible part of a row; `titles` maps title ids to names, from left to right."""

    kind: str
    name: str
    titles: Mapping[str, str]


@dataclass(frozen=True, slots=True)
class RowChange:
    """One row on the new and on the previous page.

    Positions count from 1; None means that the row is not on that page.
    """

    name: str
    position: int | None
    previous_position: int | None
    added: tuple[str, ...]
    removed: tuple[str, ...]
    moved: tuple[str, ...]

    @property
    def is_visible(self) -> bool:
        """Whether anything differs."""
        has_moved = self.position != self.previous_position
        return has_moved or bool(self.added or self.removed or self.moved)


def page_changes(previous: Sequence[VisibleRow], current: Sequence[VisibleRow]) -> list[RowChange]:
    """The changed rows in the order of the current page, then the removed rows.

    A row is the same on both pages when its kind is the only one on either page, even with another
    name; other rows are matched by kind and name. A tile has moved when its order among the tiles
    of both rows differs: one added tile at the front moves nothing.
    """
    repeated_kinds = {
        kind
        for page in (previous, current)
        for kind, count in Counter(row.kind for row in page).items()
        if count > 1
    }

    def key(row: VisibleRow) -> tuple[str, str]:
        return (row.kind, row.name if row.kind in repeated_kinds else "")

    removed = {key(row): (position, row) for position, row in enumerate(previous, 1)}
    changes = []
    for position, row in enumerate(current, 1):
        previous_position, previous_row = removed.pop(key(row), (None, None))
        changes.append(_row_change(row, previous_row, position, previous_position))
    changes.extend(_row_change(row, row, None, position) for position, row in removed.values())
    return [change for change in changes if change.is_visible]


def _row_change(
    row: VisibleRow,
    previous: VisibleRow | None,
    position: int | None,
    previous_position: int | None,
) -> RowChange:
    if previous is None:
        names = tuple(row.titles.values())
        return RowChange(row.name, position, previous_position, names, (), ())
    added = tuple(name for title, name in row.titles.items() if title not in previous.titles)
    removed = tuple(name for title, name in previous.titles.items() if title not in row.titles)
    previous_order = [title for title in previous.titles if title in row.titles]
    order = [title for title in row.titles if title in previous.titles]
    moved = tuple(
        row.titles[title]
        for previous_title, title in zip(previous_order, order, strict=True)
        if previous_title != title
    )
    return RowChange(row.name, position, previous_position, added, removed, moved)


def positions_of(rows: Iterable[VisibleRow], title_id: str) -> list[tuple[str, int]]:
    """Every position of a title on a page: the row's name and the column, counted from 1."""
    return [
        (row.name, list(row.titles).index(title_id) + 1) for row in rows if title_id in row.titles
    ]
