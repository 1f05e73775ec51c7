"""Pages kept after they were served: in memory at once and in the store behind the answer, so that
scrolling is stable; and each profile's last page, for the day the store is gone.
"""

import asyncio
from collections import OrderedDict
from collections.abc import Sequence
from dataclasses import dataclass
from typing import TypeVar
from urllib.parse import quote, urlencode

import msgspec
import numpy as np

from online.breaker import Breaker
from online.page.model import Mask, PageRow, Row
from online.page.request import MoreRequest, PageRequest, Shape
from online.problems import not_found, problem
from online.published.catalog_view import CatalogView
from online.published.serving_snapshot import ServingSnapshot
from online.settings import ReplicaSettings
from online.telemetry import Telemetry
from shared.errors import StoreUnavailable, UnknownFormat
from shared.ids import PageId, ProfileId
from shared.records.blob import pack, unpack
from shared.records.page import StoredPage, StoredRow, TileDetails
from shared.store.port import Store, Write
from shared.store.tables import PAGES, VALUE
from shared.vocabulary import UNKNOWN

Name = TypeVar("Name", PageId, ProfileId)

READ_S = 0.1
# So many pages may be on their way to the store; a page beyond has no `more`, for another replica
# could not serve it.
MAX_PENDING_WRITES = 64


@dataclass(frozen=True, slots=True)
class Part:
    """A further part of a page, as it may be shown now: rows with the places of them that may, and
    the address of what follows.
    """

    page: StoredPage
    rows: Sequence[tuple[PageRow, Sequence[int]]]
    more: str | None


class StoredPages:
    """The `pages` table and this replica's memory of last pages."""

    def __init__(
        self,
        store: Store,
        breaker: Breaker,
        telemetry: Telemetry,
        write_s: float,
        settings: ReplicaSettings,
    ) -> None:
        self._store = store
        self._breaker = breaker
        self._telemetry = telemetry
        self._write_s = write_s
        self._settings = settings
        self._recent: OrderedDict[PageId, StoredPage] = OrderedDict()
        self._remembered: OrderedDict[ProfileId, StoredPage] = OrderedDict()
        self._writing: set[asyncio.Task[None]] = set()

    def keep(self, page: StoredPage, request: PageRequest) -> str | None:
        """Keep the page for scrolling; the address of its next part, or None when it has none or
        the store is not taking pages.

        This replica has it from now on, the others when the write that was begun ends; one that
        fails is counted.
        """
        if len(page.rows) <= request.rows and all(
            len(row.title_ids) <= request.columns for row in page.rows
        ):
            return None
        if self._breaker.is_open or len(self._writing) >= MAX_PENDING_WRITES:
            return None
        _put(self._recent, page.page_id, page, self._settings.recent_pages)
        writing = asyncio.create_task(self._write(page))
        self._writing.add(writing)
        writing.add_done_callback(self._writing.discard)
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
            await self._store.write_async(write, timeout_s=self._write_s)
        except StoreUnavailable:
            self._telemetry.pages_not_stored.inc()

    def remember(self, page: StoredPage, shape: Shape) -> None:
        """Keep what a first answer holds as this profile's last page; without tokens, for it is not
        a draw a second time.
        """
        first = tuple(
            [
                StoredRow(
                    row.kind,
                    row.name,
                    row.reason,
                    row.source,
                    row.version,
                    row.title_ids[: shape.first_columns],
                    _without_tokens(row.notes, shape.first_columns),
                )
                for row in page.rows[: shape.first_rows]
            ]
        )
        _put(
            self._remembered,
            page.profile_id,
            msgspec.structs.replace(page, rows=first),
            self._settings.remembered_pages,
        )

    def remembered(self, profile_id: ProfileId) -> StoredPage | None:
        """The last page that this replica served the profile, as it was then: filter it again."""
        return self._remembered.get(profile_id)

    async def part(self, request: MoreRequest, snapshot: ServingSnapshot) -> "Part":
        """A further part of a page; tiles that may no longer be shown are left out, the rest keep
        their ranks.

        Raises:
            Problem: the page is gone or another profile's (404), or cannot be read now (503).
        """
        stored = self._recent.get(request.page_id) or await self._read(request.page_id)
        if request.now_ms >= stored.created_ms + 1_000 * self._settings.page_ttl_s:
            raise not_found("page")
        if request.profile_id != stored.profile_id:
            raise not_found("page")
        ceiling = (
            stored.ceiling if request.ceiling is None else min(stored.ceiling, request.ceiling)
        )
        mask = snapshot.view.allowed(ceiling, stored.country, request.now_ms)
        part = stored.rows[request.from_row : request.from_row + request.rows]
        shown = [
            shown_again(row, snapshot.view, mask, request.from_column, request.columns)
            for row in part
        ]
        following = request.from_row + request.rows
        more = (
            _address(stored.page_id, stored.profile_id, following)
            if following < len(stored.rows)
            else None
        )
        return Part(stored, shown, more)

    async def _read(self, page_id: PageId) -> StoredPage:
        try:
            rows = await self._store.read_async(PAGES, (page_id,), timeout_s=READ_S)
            value = rows.get((), {}).get(VALUE)
            if not isinstance(value, bytes):
                raise not_found("page")
            return unpack(value, StoredPage)
        except StoreUnavailable as error:
            raise problem(
                503,
                "Store unavailable",
                "Ask for a new page.",
                retry_after_s=1,
            ) from error
        except UnknownFormat as error:
            raise not_found("page") from error


def shown_again(
    row: StoredRow, view: CatalogView, mask: Mask, start: int, count: int
) -> tuple[PageRow, Sequence[int]]:
    """A kept row by today's numbers, and the places of it that may be shown."""
    numbers = tuple([view.number_of(title_id) for title_id in row.title_ids])
    places = [
        place
        for place in range(start, min(start + count, len(numbers)))
        if numbers[place] != UNKNOWN and mask[numbers[place]]
    ]
    return PageRow(
        Row(row.kind, row.source, row.version, np.empty(0, np.int32)),
        numbers,
        row.name,
        row.reason,
        row.notes,
    ), places


def _without_tokens(notes: dict[int, TileDetails], columns: int) -> dict[int, TileDetails]:
    return {
        column: msgspec.structs.replace(note, token=None, propensity=None)
        for column, note in notes.items()
        if column < columns
    }


def _put(
    held: "OrderedDict[Name, StoredPage]", name: Name, page: StoredPage, capacity: int
) -> None:
    held[name] = page
    held.move_to_end(name)
    if len(held) > capacity:
        held.popitem(last=False)


def _address(page_id: PageId, profile_id: ProfileId, from_row: int) -> str:
    return f"/v1/pages/{quote(page_id)}?{urlencode({'profile_id': profile_id, 'from_row': from_row, 'from_column': 0})}"
