"""The catalog at a snapshot of the lake."""

from pyspark.sql import SparkSession

from offline.datasets.catalog import read_catalog
from shared.events.catalog import TitleWithdrawn
from shared.events.codec import encode
from shared.ids import EventId, TitleId
from shared.log.port import Partition, Record
from tests.offline.events import NOW, film, published
from tests.offline.frozen_log import FrozenLog, empty_log
from tests.offline.lakes import ingest_log

CATALOG = Partition("catalog", 0)


def keyed(*entries: tuple[str, bytes | None]) -> FrozenLog:
    records = tuple(
        Record(CATALOG, offset, key.encode(), value, NOW)
        for offset, (key, value) in enumerate(entries)
    )
    return FrozenLog(empty_log().topics, {CATALOG: records})


def test_the_latest_record_of_a_title_counts_and_withdrawn_titles_are_left_out(
    lake: SparkSession,
) -> None:
    withdrawal = encode(
        TitleWithdrawn(title_id=TitleId("b")), event_id=EventId("w"), event_time_ms=NOW
    )
    log = keyed(
        ("a", published(film("a", "Drama"))),
        ("b", published(film("b"))),
        ("c", published(film("c"))),
        ("a", published(film("a", "Comedy"))),
        ("b", withdrawal),
        ("c", None),
        ("d", published(film("d"))),
        ("d", b"broken"),
    )
    catalog = read_catalog(lake, ingest_log(lake, log))
    assert [(title.title_id, title.genres) for title in catalog.titles] == [
        ("a", ("Comedy",)),
        ("d", ("Drama",)),
    ]
    assert (catalog.incarnation, catalog.next_offset) == ("catalog-1", 8)
