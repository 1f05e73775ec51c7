"""What a page says of itself: the names of rows and the reasons for them, in words."""

from typing import Final

from online.page.model import PageRow, Row
from online.published.catalog_view import CatalogView
from online.published.facets import Facet, facet_name
from shared.ids import TitleId
from shared.vocabulary import UNKNOWN

NAMES: Final = {
    "continue_watching": ("Continue watching", "You began these and have not finished them."),
    "top_picks": (
        "Top picks for you",
        "The best of the whole catalog, by what you watched up to now.",
    ),
    "trending": ("Trending now", "Watched far more now than a day ago."),
    "new": ("New", "Just launched."),
    "my_list": ("My List", "You put these on your list."),
    "watch_again": ("Watch again", "You finished these some time ago."),
    "new_to_you": ("New to you", "Outside what you usually watch."),
    "hidden_gems": ("Hidden gems", "Loved by those who found them."),
}
FACETS: Final = {"genre", "mood", "genre_kind", "genre_decade"}


def with_evidence(
    rows: tuple[PageRow, ...], view: CatalogView, name: str | None
) -> tuple[PageRow, ...]:
    """The rows with name and reason; `name` is what the member is called, where known."""
    return tuple(_told(row, view, name) for row in rows)


def _told(row: PageRow, view: CatalogView, name: str | None) -> PageRow:
    title, reason = _words(row.row, view)
    if row.row.kind == "top_picks" and name:
        title = f"Top picks for {name}"
    return PageRow(row.row, row.numbers, title, reason, row.notes)


def _words(row: Row, view: CatalogView) -> tuple[str, str]:
    if row.kind in NAMES:
        return NAMES[row.kind]
    if row.kind == "because_you_watched":
        anchor = _title_name(row.subject, view)
        return f"Because you watched {anchor}", f"Members who watched {anchor} also watched these."
    if row.kind == "popular":
        place = f" in {row.subject}" if row.subject else ""
        return f"Popular{place}", f"What members{place} watch most."
    if row.kind in FACETS:
        words = facet_name(Facet(row.kind, row.subject, row.detail))
        return words, f"{words}, ordered for you."
    words = row.subject or row.kind.replace("_", " ").capitalize()
    return words, f"{words}, chosen overnight."


def _title_name(title_id: str, view: CatalogView) -> str:
    number = view.number_of(TitleId(title_id))
    title = view.title(number) if number != UNKNOWN else None
    return title_id if title is None else title.name
