"""Popular in the country: the order of the published popularity model, the same for everybody
there.
"""

from collections.abc import Iterator

from online.page.model import RequestContext, Row
from online.page.sources.pick import ROW_TILES


def popular(moment: RequestContext) -> Iterator[Row]:
    """One row."""
    order = moment.snapshot.by_popularity(moment.safety.country)
    yield Row(
        kind="popular",
        source="popularity",
        version=moment.snapshot.generation.manifest.generation_id[:16],
        numbers=order[moment.discover[order]][:ROW_TILES],
        subject=moment.safety.country or "",
    )
