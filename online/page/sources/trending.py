"""Trending: what is watched now far more than it was lately, weighed by the member's own interest."""

from collections.abc import Iterator
from typing import Final

import numpy as np

from online.page.model import RequestContext, Row
from online.page.sources.pick import best

# Below this many standard deviations above what was to be expected, it is noise.
LEAST_Z: Final = 1.0


def trending(moment: RequestContext) -> Iterator[Row]:
    """One row, by z x P(good play); `moment.trending` holds z for every title."""
    if moment.trending is None:
        return
    numbers = np.flatnonzero(moment.discover & (moment.trending >= LEAST_Z)).astype(np.int32)
    weight = moment.trending[numbers] * moment.scores[numbers]
    yield Row(
        kind="trending",
        source="tallies",
        version="trending:v1",
        numbers=best(numbers, weight),
        subject=moment.safety.country or "",
        least=3,
    )
