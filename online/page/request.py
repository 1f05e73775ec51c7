"""Checked requests for pages, and the shape of a page per device."""

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final, TypeVar

from msgspec import UnsetType

from shared.api.request import (
    DEFAULT_COLUMNS,
    DEFAULT_ROWS,
    MoreQuery,
    PagePath,
    PageQuery,
    ProfilePath,
)
from shared.events.envelope import Device
from shared.ids import PageId, ProfileId

Value = TypeVar("Value")
Default = TypeVar("Default")


@dataclass(frozen=True, slots=True)
class Shape:
    """A device's page in rows and columns: those of the first answer, and all that are laid out.

    `row_patience` and `column_patience` are the probabilities that a viewer looks at the next row
    or column. All values are guesses, to be learned.
    """

    first_rows: int
    first_columns: int
    rows: int
    columns: int
    row_patience: float
    column_patience: float


SHAPES: Final[Mapping[Device, Shape]] = {
    "tv": Shape(12, 24, 40, 40, 0.84, 0.90),
    "web": Shape(12, 24, 40, 40, 0.86, 0.88),
    "tablet": Shape(12, 20, 40, 40, 0.84, 0.86),
    "phone": Shape(12, 12, 40, 30, 0.82, 0.80),
    "unknown": Shape(12, 24, 40, 40, 0.84, 0.88),
}


@dataclass(frozen=True, slots=True, kw_only=True)
class PageRequest:
    """A checked request for a page; `ceiling` and `country` are None if the caller sends none.

    The same profile and request id give the same draws and the same page id, also in a retry.
    """

    profile_id: ProfileId
    request_id: str
    now_ms: int
    device: Device = "unknown"
    rows: int = DEFAULT_ROWS
    columns: int = DEFAULT_COLUMNS
    country: str | None = None
    ceiling: int | None = None
    utc_offset_min: int = 0
    debug: bool = False

    @property
    def page_id(self) -> PageId:
        """The page's id: the same for a retry, and secret without the request id."""
        name = f"page\x00{self.profile_id}\x00{self.request_id}".encode()
        return PageId(hashlib.blake2b(name, digest_size=16).hexdigest())

    @property
    def shape(self) -> Shape:
        """The page's shape on this device."""
        return SHAPES[self.device]


@dataclass(frozen=True, slots=True, kw_only=True)
class MoreRequest:
    """A checked request for a further part of a page; `ceiling` can only lower the page's own."""

    page_id: PageId
    profile_id: ProfileId
    now_ms: int
    from_row: int = 0
    from_column: int = 0
    rows: int = DEFAULT_ROWS
    columns: int = DEFAULT_COLUMNS
    ceiling: int | None = None


def page_request(path: ProfilePath, query: PageQuery, request_id: str, now_ms: int) -> PageRequest:
    """Create the request of a page; the defaults depend on the device."""
    shape = SHAPES[query.device]
    return PageRequest(
        profile_id=ProfileId(path.profile_id),
        request_id=request_id,
        now_ms=now_ms,
        device=query.device,
        rows=value_or(query.rows, shape.first_rows),
        columns=value_or(query.columns, shape.first_columns),
        country=value_or(query.country, None),
        ceiling=value_or(query.ceiling, None),
        utc_offset_min=query.utc_offset_min,
        debug=query.debug,
    )


def more_request(path: PagePath, query: MoreQuery, now_ms: int) -> MoreRequest:
    """Create the request of a further part of a page."""
    return MoreRequest(
        page_id=PageId(path.page_id),
        profile_id=ProfileId(query.profile_id),
        now_ms=now_ms,
        from_row=query.from_row,
        from_column=query.from_column,
        rows=query.rows,
        columns=query.columns,
        ceiling=value_or(query.ceiling, None),
    )


def value_or(value: Value | UnsetType, default: Default) -> Value | Default:
    """Return the value of a parameter, or the default if it was not sent."""
    return default if isinstance(value, UnsetType) else value
