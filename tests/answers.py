"""Answers of the page API for tests of its readers."""

from collections.abc import Mapping, Sequence

from shared.api.page import PageAnswer, RowAnswer, TileAnswer
from shared.ids import PageId, ProfileId, TitleId


def page_answer(
    rows: Sequence[tuple[str, Sequence[TileAnswer]]], page_id: str = "page-1"
) -> PageAnswer:
    """A fresh page with rows of (kind, tiles); a row's name is its kind."""
    return PageAnswer(
        page_id=PageId(page_id),
        profile_id=ProfileId("p-1"),
        generation=None,
        arms={"main": "main"},
        policy="test",
        rung="fresh",
        degraded=(),
        scored_by="popularity",
        signals_as_of=None,
        catalog_age_ms=None,
        more=None,
        rows=tuple(RowAnswer(kind, kind, "", "test", "1", tuple(tiles)) for kind, tiles in rows),
    )


def tiles_of(titles: Mapping[str, str]) -> list[TileAnswer]:
    """Tiles of title ids with their names, from left to right."""
    return [
        TileAnswer(TitleId(title_id), name, rank)
        for rank, (title_id, name) in enumerate(titles.items())
    ]
