"""My List: what the member put there, newest first."""

from collections.abc import Iterator
from typing import Final

import numpy as np

from online.page.model import RequestContext, Row

# Who put a title on the list means to watch it: the chance is at least this.
MIN_VALUE_MY_LIST: Final = np.float32(0.06)


def my_list(moment: RequestContext) -> Iterator[Row]:
    """One row."""
    digest = moment.known.digest
    if digest is not None:
        numbers = moment.snapshot.view.numbers_of(digest.my_list)
        worth = np.maximum(moment.scores[numbers], MIN_VALUE_MY_LIST)
        yield Row(
            kind="my_list",
            source="digest",
            version="newest-1",
            numbers=numbers,
            values=worth,
            least=1,
        )
