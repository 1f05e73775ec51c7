"""Parameters of the GET requests, one struct per part of a request.

An absent parameter is UNSET. Unknown and repeated parameters are refused.
"""

from typing import Annotated, Final

from msgspec import UNSET, Meta, Struct, UnsetType

from shared.api.fields import (
    Ceiling,
    ColumnCount,
    Country,
    RequestedPage,
    RequestedProfile,
    RequestedTitle,
    RowCount,
    UtcOffset,
)
from shared.events.envelope import Device

# Guesses: an offset beyond any page, the first answer on a large screen, a row of similar titles.
MAX_OFFSET: Final = 1_000
DEFAULT_ROWS: Final = 12
DEFAULT_COLUMNS: Final = 24
DEFAULT_SIMILAR: Final = 20
MAX_SIMILAR: Final = 100


class Parameters(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Base of all parameter structs."""


class ProfilePath(Parameters, frozen=True):
    """Path of a request about one profile."""

    profile_id: RequestedProfile


class PagePath(Parameters, frozen=True):
    """Path of a request about one page."""

    page_id: RequestedPage


class TitlePath(Parameters, frozen=True):
    """Path of a request about one title."""

    title_id: RequestedTitle


class PageHeaders(Parameters, frozen=True, rename={"request_id": "x-request-id"}):
    """Headers of a page request."""

    request_id: (
        Annotated[
            str,
            Meta(
                min_length=1,
                max_length=128,
                pattern="^[!-~]+$",
                description="Names the request, in visible ASCII characters. "
                "A retry with the same id gets the same page id and the same draws.",
                examples=["3f2a"],
            ),
        ]
        | UnsetType
    ) = UNSET


class PageQuery(Parameters, frozen=True):
    """Query of a page request."""

    device: Annotated[Device, Meta(description="Device class: sets the shape of the page.")] = (
        "unknown"
    )
    rows: Annotated[RowCount, Meta(description="Number of rows; 12 by default.")] | UnsetType = (
        UNSET
    )
    columns: (
        Annotated[
            ColumnCount,
            Meta(description="Number of tiles per row; the default depends on the device."),
        ]
        | UnsetType
    ) = UNSET
    country: Country | UnsetType = UNSET
    ceiling: Ceiling | UnsetType = UNSET
    utc_offset_min: UtcOffset = 0
    debug: Annotated[bool, Meta(description="Add the duration of each step.")] = False


Offset = Annotated[int, Meta(ge=0, le=MAX_OFFSET)]


class MoreQuery(Parameters, frozen=True):
    """Query of a request for a further part of a page; a page's `more` contains such a query."""

    profile_id: RequestedProfile
    from_row: Annotated[Offset, Meta(description="First row to return, counted from 0.")] = 0
    from_column: Annotated[
        Offset, Meta(description="First tile of each row to return, counted from 0.")
    ] = 0
    rows: RowCount = DEFAULT_ROWS
    columns: ColumnCount = DEFAULT_COLUMNS
    ceiling: Ceiling | UnsetType = UNSET


class SimilarQuery(Parameters, frozen=True):
    """Query of a request for similar titles."""

    k: Annotated[
        int, Meta(ge=1, le=MAX_SIMILAR, description="Number of titles to return.", examples=[20])
    ] = DEFAULT_SIMILAR
    country: Country | UnsetType = UNSET
    ceiling: (
        Annotated[
            Ceiling,
            Meta(description="Highest age rating to show, in years; by default that of children."),
        ]
        | UnsetType
    ) = UNSET
