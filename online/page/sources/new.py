"""New: what was launched of late; first what came after the last nightly, which no model could have
recommended yet.
"""

from collections.abc import Iterator
from typing import Final

import numpy as np

from online.page.model import RequestContext, Row
from online.page.sources.pick import ROW_TILES
from shared.clock import DAY_MS

NEW_MS: Final = 30 * DAY_MS
HALF_LIFE_MS: Final = 10 * DAY_MS
# So many launches since the nightly stand in front, newest first, however they score.
PINNED_LAUNCHES: Final = 5
# A new title's chance is not known well; the row is worth at least this per tile.
MIN_VALUE_NEW: Final = 0.03


def new(moment: RequestContext) -> Iterator[Row]:
    """One row."""
    view, now_ms = moment.snapshot.view, moment.request.now_ms
    ages = now_ms - view.launch_ms
    numbers = np.flatnonzero(moment.discover & (ages <= NEW_MS)).astype(np.int32)
    values = moment.scores[numbers] * np.exp2(-ages[numbers] / HALF_LIFE_MS)
    since = view.launch_ms[numbers] > moment.snapshot.generation.manifest.created_ms
    since |= numbers >= view.base_size
    front = numbers[since]
    front = front[np.lexsort((front, ages[front]))][:PINNED_LAUNCHES]
    rest = np.lexsort((numbers, -values))
    order = np.concatenate((front, numbers[rest][~np.isin(numbers[rest], front)]))[:ROW_TILES]
    worth = np.maximum(moment.scores[order], MIN_VALUE_NEW).astype(np.float32)
    yield Row(
        kind="new", source="catalog", version="launch-1", numbers=order, values=worth, least=1
    )
