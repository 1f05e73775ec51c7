"""The catalog at a snapshot of the lake."""

from dataclasses import dataclass

import msgspec
from pyspark.sql import DataFrame, SparkSession, Window
from pyspark.sql import functions as f

from offline.lake.ranges import Marker
from offline.lake.schema import INCARNATION, KEY, LOG_OFFSET, TOPIC, VALID, VALUE
from offline.lake.table import read_markers
from offline.lake.view import raw_records
from shared.catalog.titles import Title
from shared.errors import Stop
from shared.events.catalog import TitlePublished
from shared.topics import CATALOG


class _PublishedEvent(msgspec.Struct):
    """The part of a catalog event that is read here."""

    body: TitlePublished


_decoder = msgspec.json.Decoder(_PublishedEvent)


@dataclass(frozen=True, slots=True)
class CatalogSnapshot:
    """Every title that is published and not withdrawn, sorted by id.

    A replica that follows the topic from `next_offset` of `incarnation` misses no change.
    """

    titles: tuple[Title, ...]
    incarnation: str
    next_offset: int


def read_catalog(spark: SparkSession, snapshot_id: int) -> CatalogSnapshot:
    """Return the catalog at a snapshot of the lake.

    Raises:
        Stop: the lake has no record of the `catalog` topic.
    """
    marker = _current_incarnation(read_markers(spark, snapshot_id))
    records = raw_records(spark, snapshot_id).where(f.col(INCARNATION) == marker.incarnation)
    published = _latest_records(records).where(f.col("type") == TitlePublished.type)
    values = published.select(VALUE).toArrow()[VALUE].to_pylist()
    titles = [_decoder.decode(value).body.title for value in values]
    return CatalogSnapshot(
        tuple(sorted(titles, key=lambda title: title.title_id)),
        marker.incarnation,
        marker.next_offset,
    )


def _latest_records(records: DataFrame) -> DataFrame:
    """Return the record with the highest offset of each key, tombstones included.

    Records that `accept` refused do not count.
    """
    latest_first = Window.partitionBy(KEY).orderBy(f.col(LOG_OFFSET).desc())
    counts = f.col(VALID) | f.col(VALUE).isNull()
    return (
        records.where((f.col(TOPIC) == CATALOG) & counts)
        .withColumn("_rank", f.row_number().over(latest_first))
        .where("_rank = 1")
        .select("type", VALUE)
    )


def _current_incarnation(markers: list[Marker]) -> Marker:
    of_catalog = [marker for marker in markers if marker.topic == CATALOG]
    if not of_catalog:
        raise Stop(
            "The lake has no catalog: import one (`marquee import` or `marquee world generate`),"
            " then run `marquee nightly`."
        )
    return max(of_catalog, key=lambda marker: marker.committed_ms)
