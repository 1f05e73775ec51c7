"""From the decision to bytes: the answer, the record for the log, and the page as kept for
scrolling.
"""

from collections.abc import Iterable, Mapping, Sequence
from functools import lru_cache

import msgspec

from online.page.model import Page, PageRow
from online.page.request import MoreRequest
from online.page.stored_pages import Part
from online.published.catalog_view import CatalogView
from shared.events.exposures import PageServed, ServedRow, ServedTile
from shared.ids import TitleId
from shared.records.page import StoredPage, StoredRow, TileDetails

_encode = msgspec.json.encode
# What a tile's fragment lacks: its rank, the position in the row counted from 0.
_RANKS = tuple(b"%d}" % rank for rank in range(1_000))


def rows_bytes(page: Page) -> bytes:
    """The first rows and columns, joined from the titles' ready-made fragments."""
    request, view = page.request, page.snapshot.view
    return b",".join(_row_bytes(row, view, 0, request.columns) for row in page.rows[: request.rows])


def page_bytes(
    page: Page, rows: bytes, more: str | None, timings_ms: Mapping[str, float] | None = None
) -> bytes:
    """The answer to a page request around the `rows_bytes` of the page."""
    head: dict[str, object] = {
        "page_id": page.page_id,
        "profile_id": page.request.profile_id,
        "generation": page.generation_id,
        "arms": {"main": page.arm},
        "policy": page.policy,
        "rung": page.rung,
        "degraded": page.degraded,
        "scored_by": page.scored_by,
        "signals_as_of": page.signals_as_of_ms,
        "catalog_age_ms": page.catalog_age_ms,
        "more": more,
    }
    if timings_ms is not None:
        head["timings_ms"] = timings_ms
    return _encode(head)[:-1] + b',"rows":[' + rows + b"]}"


def part_bytes(part: Part, view: CatalogView, degraded: Sequence[str]) -> bytes:
    """A further part of a page: rows with the places that may still be shown; ranks stay those of
    the page as laid out.
    """
    body = b",".join(_shown_bytes(row, view, places) for row, places in part.rows)
    return (
        _encode({"page_id": part.page.page_id, "more": part.more, "degraded": degraded})[:-1]
        + b',"rows":['
        + body
        + b"]}"
    )


def similar_bytes(
    title_id: str, generation: str | None, numbers: Sequence[int], view: CatalogView
) -> bytes:
    """The answer to a request for similar titles."""
    tiles = b",".join(view.fragments[number] + _RANKS[rank] for rank, number in enumerate(numbers))
    return (
        _encode({"title_id": title_id, "generation": generation})[:-1]
        + b',"tiles":['
        + tiles
        + b"]}"
    )


def served_event(page: Page) -> PageServed:
    """What the log is told: the part of the page that was sent, with every draw."""
    request = page.request
    shown = [
        (row, range(min(request.columns, len(row.numbers)))) for row in page.rows[: request.rows]
    ]
    return PageServed(
        page_id=page.page_id,
        policy=page.policy,
        rows=_served_rows(shown, page.snapshot.view),
        generation=page.generation_id,
        arm=page.arm,
        degraded=page.degraded,
        draws=page.draws,
    )


def part_event(part: Part, request: MoreRequest, view: CatalogView) -> PageServed:
    """What the log is told of a further part. Where a title was withdrawn since, those after it
    stand one place further left here.
    """
    page = part.page
    return PageServed(
        page_id=page.page_id,
        policy=page.policy,
        rows=_served_rows(part.rows, view),
        generation=page.generation,
        arm=page.arm,
        from_row=request.from_row,
        from_column=request.from_column,
    )


def stored_page(page: Page) -> StoredPage:
    """The whole page as laid out, by title ids."""
    ids = page.snapshot.view.title_ids
    rows = tuple(
        StoredRow(
            row.row.kind,
            row.name,
            row.reason,
            row.row.source,
            row.row.version,
            tuple(map(ids.__getitem__, row.numbers)),
            dict(row.notes),
        )
        for row in page.rows
    )
    return StoredPage(
        page_id=page.page_id,
        profile_id=page.request.profile_id,
        created_ms=page.request.now_ms,
        policy=page.policy,
        device=page.request.device,
        ceiling=page.safety.ceiling,
        country=page.safety.country,
        rows=rows,
        generation=page.generation_id,
        arm=page.arm,
        degraded=page.degraded,
    )


def _served_rows(
    rows: Iterable[tuple[PageRow, Sequence[int]]], view: CatalogView
) -> tuple[ServedRow, ...]:
    return tuple(
        ServedRow(
            row.row.kind,
            row.row.source,
            row.row.version,
            _served_tiles(row, view.title_ids, places),
        )
        for row, places in rows
    )


def _served_tiles(
    row: PageRow, ids: Sequence[TitleId], places: Sequence[int]
) -> tuple[ServedTile, ...]:
    tiles = [_served_tile(ids[row.numbers[place]]) for place in places]
    for place, note in row.notes.items():
        if note.token is not None and place in places:
            at = places.index(place)
            tiles[at] = ServedTile(tiles[at].title_id, note.propensity, note.token)
    return tuple(tiles)


@lru_cache(maxsize=100_000)
def _served_tile(title_id: TitleId) -> ServedTile:
    """A tile where chance had no say; the same one for every page, for a page has hundreds."""
    return ServedTile(title_id)


def _row_bytes(row: PageRow, view: CatalogView, start: int, stop: int) -> bytes:
    return _shown_bytes(row, view, range(start, min(stop, len(row.numbers))))


def _shown_bytes(row: PageRow, view: CatalogView, places: Sequence[int]) -> bytes:
    fragments, numbers, notes = view.fragments, row.numbers, row.notes
    if notes:
        tiles = [
            _tile(fragments[numbers[place]] + _RANKS[place], notes.get(place)) for place in places
        ]
    else:
        tiles = [fragments[numbers[place]] + _RANKS[place] for place in places]
    head = {
        "kind": row.row.kind,
        "name": row.name,
        "reason": row.reason,
        "source": row.row.source,
        "version": row.row.version,
    }
    return _encode(head)[:-1] + b',"tiles":[' + b",".join(tiles) + b"]}"


def _tile(plain: bytes, note: TileDetails | None) -> bytes:
    """The plain tile with the note's fields; the propensity stays inside (clients get the token)."""
    if note is None:
        return plain
    fields = {
        "reason": note.reason,
        "progress": note.progress,
        "episode": note.episode,
        "token": note.token,
    }
    said = {name: value for name, value in fields.items() if value is not None}
    return plain if not said else plain[:-1] + b"," + _encode(said)[1:]
