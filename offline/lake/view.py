"""The view that every reader of the lake goes through: one row per valid event, whatever was read
or delivered twice.
"""

from pyspark.sql import DataFrame, SparkSession, Window
from pyspark.sql import functions as f

from offline.lake.schema import RECORD
from offline.lake.table import table_at

_POSITION = ("incarnation", "log_partition", "log_offset")


def events(spark: SparkSession, snapshot_id: int) -> DataFrame:
    """The valid events of a snapshot, one row per event_id.

    Two ingests that read the same range left equal rows at one log position; a producer that sent
    twice left equal ids at two. Either way the lowest position of the id stays, which is also the
    one that the nearline fold kept.
    """
    by_id = Window.partitionBy("topic", "event_id").orderBy(*_POSITION)
    return (
        _records(spark, snapshot_id)
        .where("valid")
        .withColumn("_copy", f.row_number().over(by_id))
        .where("_copy = 1")
        .drop("_copy", "valid", "reason")
    )


def raw_records(spark: SparkSession, snapshot_id: int) -> DataFrame:
    """Every record of a snapshot, broken ones too, one row per log position: what a rebuild and an
    inspection read.
    """
    by_position = Window.partitionBy("topic", *_POSITION).orderBy("append_time")
    return (
        _records(spark, snapshot_id)
        .withColumn("_copy", f.row_number().over(by_position))
        .where("_copy = 1")
        .drop("_copy")
    )


def _records(spark: SparkSession, snapshot_id: int) -> DataFrame:
    return table_at(spark, snapshot_id).where(f.col("kind") == RECORD).drop("kind", "next_offset")
