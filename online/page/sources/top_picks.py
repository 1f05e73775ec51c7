"""Top picks: the best of the whole catalog by the scores of this moment, exactly, with no index in
between.
"""

from collections.abc import Iterator

from online.page.model import RequestContext, Row
from online.page.sources.pick import ROW_TILES


def top_picks(moment: RequestContext) -> Iterator[Row]:
    """One row."""
    version = moment.snapshot.encoder_id or "popularity"
    yield Row(
        kind="top_picks",
        source="encoder",
        version=str(version)[:16],
        numbers=moment.ordered[:ROW_TILES],
    )
