"""Field types that several requests and answers share, each with its limits and its unit."""

from typing import Annotated, Final

from msgspec import Meta

from shared.catalog.titles import ADULT_AGE, COUNTRY_PATTERN
from shared.events.accept import MAX_UTC_OFFSET_MIN
from shared.ids import MAX_ID_LENGTH

# Guesses: the size of the largest page that is laid out (online.page.request.SHAPES).
MAX_ROWS: Final = 40
MAX_COLUMNS: Final = 40

# `$` also matches before a final newline; the look-ahead refuses that newline. Servers
# replace bytes that are not UTF-8 by U+FFFD.
_PRINTABLE = r"^[^\x00-\x1f\x7f-\x9f\u2028\u2029\ufffd]+$(?!\n)"


def _id(description: str, example: str) -> Meta:
    return Meta(
        min_length=1,
        max_length=MAX_ID_LENGTH,
        pattern=_PRINTABLE,
        description=description,
        examples=[example],
    )


RequestedProfile = Annotated[str, _id("Profile id.", "p-1")]
RequestedPage = Annotated[str, _id("Page id, from the `page_id` of a page.", "5b1c0f")]
RequestedTitle = Annotated[str, _id("Title id.", "t-1")]
RowCount = Annotated[
    int, Meta(ge=1, le=MAX_ROWS, description="Number of rows to return.", examples=[12])
]
ColumnCount = Annotated[
    int, Meta(ge=1, le=MAX_COLUMNS, description="Number of tiles per row.", examples=[24])
]
Country = Annotated[
    str,
    Meta(
        min_length=2,
        max_length=2,
        pattern=f"^{COUNTRY_PATTERN}$",
        description="ISO 3166-1 country code. Licenses are checked for this country.",
        examples=["US"],
    ),
]
Ceiling = Annotated[
    int,
    Meta(
        ge=0,
        le=ADULT_AGE,
        description="Highest age rating to show, in years. A lower ceiling of the profile wins.",
        examples=[18],
    ),
]
UtcOffset = Annotated[
    int,
    Meta(
        ge=-MAX_UTC_OFFSET_MIN,
        le=MAX_UTC_OFFSET_MIN,
        description="The member's local time minus UTC, in minutes.",
        examples=[-300],
    ),
]
TimeMs = Annotated[int, Meta(description="Milliseconds since 1970-01-01 UTC.")]
