"""New: recently launched titles, among them those that no model has scored yet."""

from collections.abc import Iterator
from typing import Final

import numpy as np

from online.page.context import RequestContext
from online.page.model import Row
from online.page.ranking.features import Launch
from online.page.row_kind import RowKind, Template
from shared.rules.watching import NEW_DAYS, new_since_ms


def new(context: RequestContext) -> Iterator[Row]:
    """Offer one row of all new titles."""
    view, manifest = context.view, context.snapshot.generation.manifest
    launched = view.launch_ms >= new_since_ms(context.now_ms)
    numbers = np.flatnonzero(context.discoverable & launched).astype(np.int32)
    launch_ms = view.launch_ms[numbers]
    yield Row(
        kind=NEW,
        source="catalog",
        version="launch-1",
        numbers=numbers,
        features=Launch(
            age_ms=context.now_ms - launch_ms,
            since_nightly=(launch_ms > manifest.created_ms) | (numbers >= view.base_size),
        ),
    )


NEW: Final = RowKind(
    name="new",
    labels=(Template.of("New"),),
    reasons=(Template.of(f"Launched here in the last {NEW_DAYS} days."),),
    minimum_tiles=1,
    no_later_than=6,
)
