"""Top picks: the best of the whole catalogue by the scores of this moment, exactly, with no index in between."""

from collections.abc import Iterator

import numpy as np

from online.page.model import Moment, Row
from online.page.sources.pick import best


def top_picks(moment: Moment) -> Iterator[Row]:
    """One row."""
    numbers = np.flatnonzero(moment.discover).astype(np.int32)
    version = moment.edition.encoder_id or "popularity"
    yield Row(kind="top_picks", source="encoder", version=str(version)[:16], numbers=best(numbers, moment.scores[numbers]))
