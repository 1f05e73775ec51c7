"""The static page: titles that any profile in any country may be shown.

Built after a catalog import and at each publication.
"""

from collections.abc import Sequence
from typing import Final

import msgspec

from shared.catalog.catalog import is_launched, maturity_of
from shared.catalog.titles import EVERYWHERE, KIDS_AGE, Title
from shared.errors import ArtifactCorrupt
from shared.ids import TitleId
from shared.records.page import STATIC_PAGE_FILE, StaticPage, StaticRow

# Guesses: the size of a page on a large screen.
ROW_LENGTH: Final = 40
MIN_ROW: Final = 6
MAX_ROWS: Final = 12


def build_static_page(titles: Sequence[Title], now_ms: int) -> StaticPage:
    """Build the page from titles in order of popularity: one popular row, then one per genre.

    A title must suit KIDS_AGE, be launched, and have licenses without end for all countries, or
    for each country in which any title is licensed. The page has no rows if no title qualifies.
    """
    countries = {window.country for title in titles for window in title.windows} - {EVERYWHERE}
    suitable = [title for title in titles if _suits_everyone(title, countries, now_ms)]
    rows = (
        [StaticRow("Popular", tuple(title.title_id for title in suitable[:ROW_LENGTH]))]
        if suitable
        else []
    )
    rows += [
        StaticRow(genre, title_ids[:ROW_LENGTH])
        for genre, title_ids in _by_genre(suitable)
        if len(title_ids) >= MIN_ROW
    ]
    rows = rows[:MAX_ROWS]
    used = {title_id for row in rows for title_id in row.title_ids}
    return StaticPage(
        created_ms=now_ms,
        rows=tuple(rows),
        titles=tuple(title for title in suitable if title.title_id in used),
    )


def static_page_files(page: StaticPage) -> dict[str, bytes]:
    """The page as the files of an artifact."""
    return {STATIC_PAGE_FILE: encode_static_page(page)}


def encode_static_page(page: StaticPage) -> bytes:
    """Encode the page as JSON."""
    return msgspec.json.encode(page)


def decode_static_page(data: bytes) -> StaticPage:
    """Decode a page.

    Raises:
        ArtifactCorrupt: the bytes are not a static page.
    """
    try:
        return msgspec.json.decode(data, type=StaticPage)
    except msgspec.MsgspecError as error:
        raise ArtifactCorrupt(f"static page: {error}") from error


def _suits_everyone(title: Title, countries: set[str], now_ms: int) -> bool:
    if maturity_of(title) > KIDS_AGE or not is_launched(title, now_ms):
        return False
    licensed = {
        window.country
        for window in title.windows
        if window.from_ms <= now_ms and window.to_ms is None
    }
    return EVERYWHERE in licensed or (bool(countries) and licensed >= countries)


def _by_genre(titles: Sequence[Title]) -> list[tuple[str, tuple[TitleId, ...]]]:
    genres: dict[str, list[TitleId]] = {}
    for title in titles:
        for genre in title.genres:
            genres.setdefault(genre, []).append(title.title_id)
    ranked = sorted(genres.items(), key=lambda entry: (-len(entry[1]), entry[0]))
    return [(genre, tuple(title_ids)) for genre, title_ids in ranked]
