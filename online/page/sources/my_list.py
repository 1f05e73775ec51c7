"""My List: what the member put there, newest first."""

from collections.abc import Iterator

from online.page.model import Moment, Row


def my_list(moment: Moment) -> Iterator[Row]:
    """One row."""
    digest = moment.known.digest
    if digest is not None:
        numbers = moment.edition.view.numbers_of(digest.my_list)
        yield Row(kind="my_list", source="digest", version="newest-1", numbers=numbers, least=1)
