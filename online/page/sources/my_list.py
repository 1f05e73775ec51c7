"""My List: the titles that the member added, newest first."""

from collections.abc import Iterator
from typing import Final

from online.page.context import RequestContext
from online.page.model import Row
from online.page.ranking.features import ListMembership
from online.page.row_kind import RowKind, Template


def my_list(context: RequestContext) -> Iterator[Row]:
    """Offer one row."""
    digest = context.signals.digest
    if digest is not None:
        yield Row(
            kind=MY_LIST,
            source="digest",
            version="newest-1",
            numbers=context.view.numbers_of(digest.my_list),
            features=ListMembership(),
        )


MY_LIST: Final = RowKind(
    name="my_list",
    labels=(Template.of("My List"),),
    reasons=(Template.of("You put these on your list."),),
    minimum_tiles=1,
    no_later_than=7,
    discovery=False,
)
