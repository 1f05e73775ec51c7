"""What changed between two pages of one profile: rows and tiles that came, went or moved."""

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class SeenRow:
    """A row as a member sees it; `titles` maps the ids of its visible tiles to names, from left to
    right.
    """

    kind: str
    name: str
    titles: Mapping[str, str]


@dataclass(frozen=True, slots=True)
class RowChange:
    """A row of the new page beside the same row of the old one; places count from 1, None where the
    row was not there.
    """

    name: str
    place: int | None
    place_before: int | None
    came: tuple[str, ...]
    went: tuple[str, ...]
    moved: tuple[str, ...]

    @property
    def is_change(self) -> bool:
        """Whether a member could notice."""
        return self.place != self.place_before or bool(self.came or self.went or self.moved)


def changes(before: Sequence[SeenRow], after: Sequence[SeenRow]) -> list[RowChange]:
    """Row by row down the new page, then the rows that are gone; unchanged rows are left out.

    A row of a kind that stands once on either page is the same row, even under another name; others
    are told apart by their names. A tile has moved if its order among the tiles that both rows
    share has changed: one new tile at the front moves nothing.
    """
    several = {
        kind
        for page in (before, after)
        for kind, count in Counter(row.kind for row in page).items()
        if count > 1
    }

    def key(row: SeenRow) -> tuple[str, str]:
        return (row.kind, row.name if row.kind in several else "")

    old = {key(row): (place, row) for place, row in enumerate(before, 1)}
    result = []
    for place, row in enumerate(after, 1):
        place_before, row_before = old.pop(key(row), (None, None))
        result.append(_row_change(row, row_before, place, place_before))
    result.extend(_row_change(row, row, None, place_before) for place_before, row in old.values())
    return [change for change in result if change.is_change]


def _row_change(
    row: SeenRow, before: SeenRow | None, place: int | None, place_before: int | None
) -> RowChange:
    if before is None:
        return RowChange(row.name, place, place_before, tuple(row.titles.values()), (), ())
    came = tuple(name for title, name in row.titles.items() if title not in before.titles)
    went = tuple(name for title, name in before.titles.items() if title not in row.titles)
    shared_before = [title for title in before.titles if title in row.titles]
    shared_after = [title for title in row.titles if title in before.titles]
    moved = tuple(
        row.titles[now] for was, now in zip(shared_before, shared_after, strict=True) if was != now
    )
    return RowChange(row.name, place, place_before, came, went, moved)


def where(rows: Iterable[SeenRow], title_id: str) -> list[tuple[str, int]]:
    """Every place of a title on a page: the row's name and the column, counted from 1."""
    return [
        (row.name, list(row.titles).index(title_id) + 1) for row in rows if title_id in row.titles
    ]
