"""Trending: titles that are played far more now than expected."""

from collections.abc import Iterator
from typing import Final

import numpy as np

from online.page.context import RequestContext
from online.page.model import Row
from online.page.ranking.features import Trend
from online.page.row_kind import RowKind, Template
from shared.records.tallies import TRENDING as TALLY

# A guess: fewer standard deviations above the expectation are noise.
MIN_TREND_Z: Final = 1.0


def trending(context: RequestContext) -> Iterator[Row]:
    """Offer one row of all titles above the threshold; none where nothing is counted."""
    z = context.signals.trending
    if z is None:
        return
    numbers = np.flatnonzero(context.discoverable & (z >= MIN_TREND_Z)).astype(np.int32)
    yield Row(
        kind=TRENDING,
        source="tallies",
        version=TALLY,
        numbers=numbers,
        features=Trend(z[numbers]),
    )


TRENDING: Final = RowKind(
    name="trending",
    labels=(Template.of("Trending now"),),
    reasons=(Template.of("Watched far more now than usual."),),
    minimum_tiles=3,
    no_later_than=4,
)
