"""Top picks: the best of the whole catalogue by the scores of this moment, exactly, with no index in between."""

from collections.abc import Iterator

from online.page.model import Moment, Row
from online.page.sources.pick import ROW_TILES


def top_picks(moment: Moment) -> Iterator[Row]:
    """One row."""
    version = moment.edition.encoder_id or "popularity"
    yield Row(kind="top_picks", source="encoder", version=str(version)[:16], numbers=moment.ordered[:ROW_TILES])
