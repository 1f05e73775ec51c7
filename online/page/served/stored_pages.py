"""Served pages for scrolling, in memory and in the store, and each profile's last page."""

import asyncio
from collections import OrderedDict
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final, TypeVar
from urllib.parse import quote, urlencode

import msgspec

from online.breaker import Breaker
from online.page.model import PageRow
from online.page.request import MoreRequest, PageRequest, Shape
from online.problems import not_found, problem
from online.published.catalog_view import CatalogView
from online.settings import Deadlines, ReplicaSettings
from online.telemetry import Telemetry
from shared.errors import StoreUnavailable, UnknownFormat
from shared.ids import PageId, ProfileId
from shared.records.blob import pack, record_at
from shared.records.page import StoredPage, StoredRow, TileDetails
from shared.store.port import Store, Write
from shared.store.tables import PAGES, VALUE
from shared.vocabulary import UNKNOWN, Mask

Name = TypeVar("Name", PageId, ProfileId)

# A guess: the number of pages that may wait for the store. A further page has no `more` link,
# because another replica could not serve it.
MAX_PENDING_WRITES: Final = 64


@dataclass(frozen=True, slots=True)
class Part:
    """A further part of a page: rows with the columns that may be shown, and the next address."""

    page: StoredPage
    rows: Sequence[tuple[PageRow, Sequence[int]]]
    more: str | None


class StoredPages:
    """The `pages` table, and this replica's memory of recent pages. For one event loop."""

    def __init__(
        self,
        store: Store,
        breaker: Breaker,
        telemetry: Telemetry,
        deadlines: Deadlines,
        settings: ReplicaSettings,
    ) -> None:
        self._store = store
        self._breaker = breaker
        self._telemetry = telemetry
        self._deadlines = deadlines
        self._settings = settings
        self._recent: OrderedDict[PageId, StoredPage] = OrderedDict()
        self._last: OrderedDict[ProfileId, StoredPage] = OrderedDict()
        self._writes: set[asyncio.Task[None]] = set()

    def store(self, page: StoredPage, request: PageRequest) -> str | None:
        """Store the page for scrolling and return the address of its next part.

        None if there is no next part, or if the store accepts no pages. This replica can serve
        the next part from now on, the others once the write ends; a failed write is counted.
        """
        if len(page.rows) <= request.rows and all(
            len(row.title_ids) <= request.columns for row in page.rows
        ):
            return None
        if self._breaker.is_open or len(self._writes) >= MAX_PENDING_WRITES:
            return None
        _put(self._recent, page.page_id, page, self._settings.recent_pages)
        write = asyncio.create_task(self._write(page))
        self._writes.add(write)
        write.add_done_callback(self._writes.discard)
        return _address(page.page_id, page.profile_id, request.rows)

    async def _write(self, page: StoredPage) -> None:
        write = Write(
            PAGES,
            (page.page_id,),
            {(): {VALUE: pack(page)}},
            page.created_ms,
            self._settings.page_ttl_s,
        )
        try:
            await self._store.write_async(write, timeout_s=self._deadlines.store_page_ms / 1000)
        except StoreUnavailable:
            self._telemetry.pages_not_stored.inc()

    def remember(self, page: StoredPage, shape: Shape) -> None:
        """Remember the first answer as this profile's last page.

        Tokens are removed: showing the page again is not another draw.
        """
        rows = page.rows[: shape.first_rows]
        first = msgspec.structs.replace(
            page, rows=tuple([_first_columns(row, shape.first_columns) for row in rows])
        )
        _put(self._last, page.profile_id, first, self._settings.remembered_pages)

    def remembered(self, profile_id: ProfileId) -> StoredPage | None:
        """The last page that this replica served the profile; filter it again before use."""
        return self._last.get(profile_id)

    async def find(self, request: MoreRequest) -> StoredPage:
        """The stored page of a request for a further part.

        Raises:
            Problem: there is no such page for the profile (404), or it cannot be read now (503).
        """
        stored = self._recent.get(request.page_id) or await self._read(request.page_id)
        expired = request.now_ms >= stored.created_ms + 1_000 * self._settings.page_ttl_s
        if expired or request.profile_id != stored.profile_id:
            raise not_found("page")
        return stored

    async def _read(self, page_id: PageId) -> StoredPage:
        try:
            rows = await self._store.read_async(
                PAGES, (page_id,), timeout_s=self._deadlines.stored_page_ms / 1000
            )
            page = record_at(rows, (), StoredPage)
        except StoreUnavailable as error:
            raise problem(
                503,
                "Store unavailable",
                "Request a new page.",
                retry_after_s=1,
            ) from error
        except UnknownFormat as error:
            raise not_found("page") from error
        if page is None:
            raise not_found("page")
        return page


def part_of(page: StoredPage, request: MoreRequest, view: CatalogView) -> Part:
    """A further part of a page.

    Tiles that may not be shown now are left out, and the others keep their ranks.
    """
    ceiling = page.ceiling if request.ceiling is None else min(page.ceiling, request.ceiling)
    mask = view.allowed(ceiling, page.country, request.now_ms)
    columns = range(request.from_column, request.from_column + request.columns)
    next_row = request.from_row + request.rows
    rows = [
        _showable_part(row, view, mask, columns) for row in page.rows[request.from_row : next_row]
    ]
    has_more = next_row < len(page.rows)
    more = _address(page.page_id, page.profile_id, next_row) if has_more else None
    return Part(page, rows, more)


def _showable_part(
    row: StoredRow, view: CatalogView, mask: Mask, columns: range
) -> tuple[PageRow, Sequence[int]]:
    """A stored row in the numbers of the view, and the columns of it that may be shown."""
    numbers = tuple([view.number_of(title_id) for title_id in row.title_ids])
    showable = [
        column
        for column in columns[: max(0, len(numbers) - columns.start)]
        if numbers[column] != UNKNOWN and mask[numbers[column]]
    ]
    page_row = PageRow(row.kind, row.source, row.version, row.name, row.reason, numbers, row.notes)
    return page_row, showable


def _first_columns(row: StoredRow, columns: int) -> StoredRow:
    notes = {column: _without_token(note) for column, note in row.notes.items() if column < columns}
    title_ids = row.title_ids[:columns]
    return StoredRow(row.kind, row.name, row.reason, row.source, row.version, title_ids, notes)


def _without_token(details: TileDetails) -> TileDetails:
    return msgspec.structs.replace(details, token=None, propensity=None)


def _put(
    pages: "OrderedDict[Name, StoredPage]", name: Name, page: StoredPage, capacity: int
) -> None:
    pages[name] = page
    pages.move_to_end(name)
    if len(pages) > capacity:
        pages.popitem(last=False)


def _address(page_id: PageId, profile_id: ProfileId, from_row: int) -> str:
    query = urlencode({"profile_id": profile_id, "from_row": from_row, "from_column": 0})
    return f"/v1/pages/{quote(page_id)}?{query}"
