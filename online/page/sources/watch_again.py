"""Watch again: titles that the member finished some time ago."""

from collections.abc import Iterator
from typing import Final

import numpy as np

from online.page.context import RequestContext
from online.page.model import Row
from online.page.ranking.features import Repeat
from online.page.row_kind import RowKind, Template
from shared.clock import DAY_MS
from shared.rules.watching import is_rested


def watch_again(context: RequestContext) -> Iterator[Row]:
    """Offer one row of all finished titles that are rested."""
    rested = [
        viewed
        for viewed in context.viewed
        if viewed.finished and is_rested(viewed.watched.last_ms, context.now_ms)
    ]
    idle_ms = np.array([context.now_ms - viewed.watched.last_ms for viewed in rested], np.float64)
    yield Row(
        kind=WATCH_AGAIN,
        source="digest",
        version="finished-1",
        numbers=np.array([viewed.number for viewed in rested], np.int32),
        features=Repeat((idle_ms / DAY_MS).astype(np.float32)),
    )


WATCH_AGAIN: Final = RowKind(
    name="watch_again",
    labels=(Template.of("Watch again"),),
    reasons=(Template.of("You finished these some time ago."),),
    minimum_tiles=2,
    no_later_than=11,
    discovery=False,
)
