"""Convert a finished page to the answer, the event for the log and the record for the store."""

from collections.abc import Iterable, Sequence
from functools import lru_cache

import msgspec

from online.page.model import Page, PageRow
from online.page.request import MoreRequest
from online.page.served.stored_pages import Part
from online.published.catalog_view import CatalogView
from shared.api.page import MoreAnswer, PageAnswer, RowAnswer, TileAnswer
from shared.events.exposures import PageServed, ServedRow, ServedTile
from shared.ids import TitleId
from shared.records.page import StoredPage, StoredRow, TileDetails

_encode = msgspec.json.Encoder().encode


def page_rows(page: Page) -> tuple[RowAnswer, ...]:
    """Return the requested rows and columns of a page."""
    request, view = page.request, page.snapshot.view
    return tuple(
        [
            _row(row, view, range(min(request.columns, len(row.numbers))))
            for row in page.rows[: request.rows]
        ]
    )


def plain_rows(page: Page) -> tuple[RowAnswer, ...]:
    """Return the requested rows and columns without details of tiles."""
    request, view = page.request, page.snapshot.view
    return tuple(
        [
            RowAnswer(
                row.kind,
                row.name,
                row.reason,
                row.source,
                row.version,
                tuple(
                    TileAnswer(view.title_ids[number], view.names[number], rank)
                    for rank, number in enumerate(row.numbers[: request.columns])
                ),
            )
            for row in page.rows[: request.rows]
        ]
    )


def page_bytes(
    page: Page,
    rows: tuple[RowAnswer, ...],
    more: str | None,
    timings_ms: dict[str, float] | None = None,
) -> bytes:
    """Encode the answer to a page request."""
    return _encode(
        PageAnswer(
            page_id=page.page_id,
            profile_id=page.request.profile_id,
            generation=page.snapshot.generation_id,
            arms={"main": page.arm},
            policy=page.policy,
            rung=page.rung,
            degraded=page.degraded,
            scored_by=page.scored_by,
            signals_as_of=page.signals_as_of_ms,
            catalog_age_ms=page.catalog_age_ms,
            more=more,
            rows=rows,
            timings_ms=timings_ms,
        )
    )


def plain_tiles(view: CatalogView, ranked: Iterable[tuple[int, int]]) -> list[TileAnswer]:
    """Return a tile for each (title number, rank)."""
    ids, names, artwork_ids = view.title_ids, view.names, view.artwork_ids
    return [
        TileAnswer(ids[number], names[number], rank, artwork_ids[number]) for number, rank in ranked
    ]


def part_bytes(part: Part, view: CatalogView, degraded: tuple[str, ...]) -> bytes:
    """Encode a further part of a page; a tile's rank is its column in the page as laid out."""
    rows = tuple([_row(row, view, columns) for row, columns in part.rows])
    return _encode(
        MoreAnswer(page_id=part.page.page_id, more=part.more, degraded=degraded, rows=rows)
    )


def served_event(page: Page) -> PageServed:
    """Return the event of a page: the rows and columns that are sent, and every draw."""
    request = page.request
    sent_rows = [
        (row, range(min(request.columns, len(row.numbers)))) for row in page.rows[: request.rows]
    ]
    return PageServed(
        page_id=page.page_id,
        policy=page.policy,
        rows=_served_rows(sent_rows, page.snapshot.view),
        generation=page.snapshot.generation_id,
        arm=page.arm,
        degraded=page.degraded,
        draws=page.draws,
    )


def part_event(part: Part, request: MoreRequest, view: CatalogView) -> PageServed:
    """Return the event of a further part.

    A title withdrawn since is missing from its row, and the tiles after it move one to the left.
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
    """Return the record of the whole page as laid out, with title ids."""
    ids = page.snapshot.view.title_ids
    rows = tuple(
        StoredRow(
            row.kind,
            row.name,
            row.reason,
            row.source,
            row.version,
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
        generation=page.snapshot.generation_id,
        arm=page.arm,
        degraded=page.degraded,
    )


def _served_rows(
    rows: Iterable[tuple[PageRow, Sequence[int]]], view: CatalogView
) -> tuple[ServedRow, ...]:
    return tuple(
        ServedRow(
            row.kind,
            row.source,
            row.version,
            _served_tiles(row, view.title_ids, columns),
        )
        for row, columns in rows
    )


def _served_tiles(
    row: PageRow, ids: Sequence[TitleId], columns: Sequence[int]
) -> tuple[ServedTile, ...]:
    tiles = [_served_tile(ids[row.numbers[column]]) for column in columns]
    for column, details in row.notes.items():
        if details.token is not None and column in columns:
            index = columns.index(column)
            tiles[index] = ServedTile(tiles[index].title_id, details.propensity, details.token)
    return tuple(tiles)


@lru_cache(maxsize=100_000)
def _served_tile(title_id: TitleId) -> ServedTile:
    """Return a tile without a draw; cached, because a page has hundreds."""
    return ServedTile(title_id)


def _row(row: PageRow, view: CatalogView, columns: Sequence[int]) -> RowAnswer:
    """Return a row with the tiles of the given columns."""
    numbers, details = row.numbers, row.notes
    tiles = plain_tiles(view, [(numbers[column], column) for column in columns])
    for index, column in enumerate(columns):
        if column in details:
            tiles[index] = _detailed(tiles[index], details[column])
    return RowAnswer(row.kind, row.name, row.reason, row.source, row.version, tuple(tiles))


def _detailed(tile: TileAnswer, details: TileDetails) -> TileAnswer:
    """Return the tile with its details; clients get the token, not the propensity."""
    return TileAnswer(
        tile.title_id,
        tile.name,
        tile.rank,
        tile.artwork,
        details.reason,
        details.progress,
        details.episode,
        details.token,
    )
