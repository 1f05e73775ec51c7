"""What a caller asks for: the request, checked, and the shapes of pages by device."""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

from online.problems import bad_parameter
from shared.catalog.titles import ADULT_AGE, COUNTRY_PATTERN, KIDS_AGE
from shared.events.envelope import Device
from shared.ids import MAX_ID_LENGTH, PageId, ProfileId

_COUNTRY: Final = re.compile(COUNTRY_PATTERN)


@dataclass(frozen=True, slots=True)
class Shape:
    """A device's page: what is on the screen at first (the fold), what a first answer holds, what
    is laid out in all.

    `row_patience` and `column_patience` are the chances that a viewer goes on to the next row, the
    next column.
    """

    fold_rows: int
    fold_columns: int
    first_rows: int
    first_columns: int
    rows: int
    columns: int
    row_patience: float
    column_patience: float


SHAPES: Final[Mapping[Device, Shape]] = {
    "tv": Shape(3, 6, 12, 24, 40, 40, 0.84, 0.90),
    "web": Shape(4, 6, 12, 24, 40, 40, 0.86, 0.88),
    "tablet": Shape(4, 4, 12, 20, 40, 40, 0.84, 0.86),
    "phone": Shape(4, 3, 12, 12, 40, 30, 0.82, 0.80),
    "unknown": Shape(3, 5, 12, 24, 40, 40, 0.84, 0.88),
}


@dataclass(frozen=True, slots=True, kw_only=True)
class PageRequest:
    """A checked request for a page. `ceiling` and `country` are the caller's claims, None where it
    makes none.

    The same profile and request id give the same draws and the same page id, so that a retry is the
    same decision.
    """

    profile_id: ProfileId
    request_id: str
    now_ms: int
    device: Device = "unknown"
    rows: int = 12
    columns: int = 24
    country: str | None = None
    ceiling: int | None = None
    utc_offset_min: int = 0
    debug: bool = False

    @property
    def shape(self) -> Shape:
        """The page's shape on this device."""
        return SHAPES[self.device]


@dataclass(frozen=True, slots=True, kw_only=True)
class MoreRequest:
    """A checked request for a further part of a page; `ceiling` can only lower the one the page was
    made under.
    """

    page_id: PageId
    profile_id: ProfileId | None
    now_ms: int
    from_row: int = 0
    from_column: int = 0
    rows: int = 12
    columns: int = 24
    ceiling: int | None = None


def page_request(
    profile_id: str, query: Mapping[str, str], request_id: str, now_ms: int
) -> PageRequest:
    """The request that a query string makes.

    Raises:
        Problem: naming the parameter at fault.
    """
    device = _device(query.get("device", "unknown"))
    shape = SHAPES[device]
    return PageRequest(
        profile_id=ProfileId(_id("profile_id", profile_id)),
        request_id=_id("request_id", request_id),
        now_ms=now_ms,
        device=device,
        rows=_number(query, "rows", shape.first_rows, 1, shape.rows),
        columns=_number(query, "columns", shape.first_columns, 1, shape.columns),
        country=_country(query.get("country")),
        ceiling=_number(query, "ceiling", -1, 0, ADULT_AGE) if "ceiling" in query else None,
        utc_offset_min=_number(query, "utc_offset_min", 0, -18 * 60, 18 * 60),
        debug=query.get("debug", "") in {"1", "true"},
    )


def more_request(page_id: str, query: Mapping[str, str], now_ms: int) -> MoreRequest:
    """The request for more of a page that a query string makes.

    Raises:
        Problem: naming the parameter at fault.
    """
    profile_id = query.get("profile_id")
    return MoreRequest(
        page_id=PageId(_id("page_id", page_id)),
        profile_id=None if profile_id is None else ProfileId(_id("profile_id", profile_id)),
        now_ms=now_ms,
        from_row=_number(query, "from_row", 0, 0, 1_000),
        from_column=_number(query, "from_column", 0, 0, 1_000),
        rows=_number(query, "rows", 12, 1, 40),
        columns=_number(query, "columns", 24, 1, 40),
        ceiling=_number(query, "ceiling", -1, 0, ADULT_AGE) if "ceiling" in query else None,
    )


def similar_request(query: Mapping[str, str]) -> tuple[int, int, str | None]:
    """(how many, ceiling, country) of a request for similar titles; without a ceiling the kids' one
    holds.

    Raises:
        Problem: naming the parameter at fault.
    """
    return (
        _number(query, "k", 20, 1, 100),
        _number(query, "ceiling", KIDS_AGE, 0, ADULT_AGE),
        _country(query.get("country")),
    )


def _device(value: str) -> Device:
    for device in SHAPES:
        if value == device:
            return device
    raise bad_parameter("device", f"must be one of {', '.join(SHAPES)}")


def _country(value: str | None) -> str | None:
    if value is not None and not _COUNTRY.fullmatch(value):
        raise bad_parameter("country", "must be two capital letters")
    return value


def _id(name: str, value: str) -> str:
    if not 0 < len(value) <= MAX_ID_LENGTH or not value.isprintable():
        raise bad_parameter(name, f"must be 1 to {MAX_ID_LENGTH} printable characters")
    return value


def _number(query: Mapping[str, str], name: str, default: int, least: int, most: int) -> int:
    text = query.get(name)
    if text is None:
        return default
    if not re.fullmatch("-?[0-9]{1,6}", text) or not least <= int(text) <= most:
        raise bad_parameter(name, f"must be a whole number from {least} to {most}")
    return int(text)
