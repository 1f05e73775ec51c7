"""Popular in the country: the order of the published popularity model, the same for everyone."""

from collections.abc import Iterator
from typing import Final

import numpy as np

from online.page.context import RequestContext
from online.page.model import Row
from online.page.ranking.selection import ROW_TILES
from online.page.row_kind import NO_FACTS, RowKind, Template


def popular(context: RequestContext) -> Iterator[Row]:
    """Offer one row; it names the country only if plays of that country determined it."""
    snapshot, country = context.snapshot, context.safety.country
    order = snapshot.by_popularity(country)
    own = country is not None and snapshot.has_popularity_of(country)
    yield Row(
        kind=POPULAR,
        source="popularity",
        version=(snapshot.generation_id or "")[:16],
        numbers=order[np.take(context.discoverable, order).nonzero()[0][:ROW_TILES]],
        facts={"country": country} if own and country is not None else NO_FACTS,
    )


POPULAR: Final = RowKind(
    name="popular",
    labels=(Template.of("Popular in {country}"), Template.of("Popular")),
    reasons=(
        Template.of("What members in {country} watch most."),
        Template.of("What members watch most."),
    ),
    no_later_than=9,
)
