"""The catalog as the lake's snapshot knows it: the last word on every title, and where following
the topic goes on.
"""

from dataclasses import dataclass

import msgspec
from pyspark.sql import DataFrame, SparkSession, Window
from pyspark.sql import functions as f

from offline.lake.ranges import Marker
from offline.lake.table import read_markers
from offline.lake.view import raw_records
from shared.catalog.titles import Title
from shared.errors import Stop
from shared.events.catalog import TitlePublished
from shared.topics import CATALOG


class _Published(msgspec.Struct):
    body: TitlePublished


_decoder = msgspec.json.Decoder(_Published)


@dataclass(frozen=True, slots=True)
class CatalogSnapshot:
    """Every title that is published and not withdrawn, by id; a replica that follows the topic from
    `next_offset` misses nothing.
    """

    titles: tuple[Title, ...]
    incarnation: str
    next_offset: int


def read_catalog(spark: SparkSession, snapshot_id: int) -> CatalogSnapshot:
    """The catalog at a snapshot of the lake.

    Raises:
        Stop: nothing was ever read from the `catalog` topic.
    """
    marker = _current_incarnation(read_markers(spark, snapshot_id))
    last_words = _last_words(
        raw_records(spark, snapshot_id).where(f.col("incarnation") == marker.incarnation)
    )
    published = last_words.where(f.col("type") == TitlePublished.type).select("value").toArrow()
    titles = [_decoder.decode(value).body.title for value in published["value"].to_pylist()]
    return CatalogSnapshot(
        tuple(sorted(titles, key=lambda title: title.title_id)),
        marker.incarnation,
        marker.next_offset,
    )


def _last_words(records: DataFrame) -> DataFrame:
    """The record with the highest offset of each key, tombstones included; what `accept` refused is
    no word at all.
    """
    latest_first = Window.partitionBy("key").orderBy(f.col("log_offset").desc())
    is_word = f.col("valid") | f.col("value").isNull()
    return (
        records.where((f.col("topic") == CATALOG) & is_word)
        .withColumn("_rank", f.row_number().over(latest_first))
        .where("_rank = 1")
        .select("type", "value")
    )


def _current_incarnation(markers: list[Marker]) -> Marker:
    of_catalog = [marker for marker in markers if marker.topic == CATALOG]
    if not of_catalog:
        raise Stop(
            "The lake holds no catalog: import one (`marquee import` or `marquee world generate`), then run `marquee nightly`."
        )
    return max(of_catalog, key=lambda marker: marker.committed_ms)
