"""The static page: rows that may be shown to every member in every country."""

from collections.abc import Iterator
from typing import Final

from online.page.context import RequestContext
from online.page.model import Row
from online.page.row_kind import RowKind, Template

SOURCE: Final = "static"
VERSION: Final = "static-1"


def static_rows(context: RequestContext) -> Iterator[Row]:
    """Offer the rows of the plan's static page, in its order."""
    page = context.plan.static_page
    for row in page.rows if page is not None else ():
        yield Row(
            kind=STATIC,
            source=SOURCE,
            version=VERSION,
            numbers=context.view.numbers_of(row.title_ids),
            label=row.name,
        )


STATIC: Final = RowKind(
    name="static",
    labels=(Template.of("To watch"),),
    reasons=(Template.of("Shown to everyone."),),
    minimum_tiles=1,
    discovery=False,
)
