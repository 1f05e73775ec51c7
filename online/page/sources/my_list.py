"""My List: what the member put there, newest first."""

from collections.abc import Iterator
from typing import Final

import numpy as np

from online.page.model import Moment, Row

# Who put a title on the list means to watch it: the chance is at least this.
INTENDED: Final = np.float32(0.06)


def my_list(moment: Moment) -> Iterator[Row]:
    """One row."""
    digest = moment.known.digest
    if digest is not None:
        numbers = moment.edition.view.numbers_of(digest.my_list)
        worth = np.maximum(moment.scores[numbers], INTENDED)
        yield Row(kind="my_list", source="digest", version="newest-1", numbers=numbers, values=worth, least=1)
