"""Popular in the country: the order of the published popularity model, the same for everybody there."""

from collections.abc import Iterator

import numpy as np

from online.page.model import Moment, Row
from online.page.sources.pick import best


def popular(moment: Moment) -> Iterator[Row]:
    """One row."""
    numbers = np.flatnonzero(moment.discover).astype(np.int32)
    popularity = moment.edition.popularity(moment.safety.country)
    yield Row(
        kind="popular",
        source="popularity",
        version=moment.edition.generation.manifest.generation_id[:16],
        numbers=best(numbers, popularity[numbers]),
        subject=moment.safety.country or "",
    )
