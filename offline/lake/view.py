"""Views of the lake without copies from repeated reads and deliveries."""

from pyspark.sql import Column, DataFrame, SparkSession, Window
from pyspark.sql import functions as f

from offline.lake.schema import (
    APPEND_TIME,
    INCARNATION,
    KIND,
    LOG_OFFSET,
    LOG_PARTITION,
    NEXT_OFFSET,
    REASON,
    RECORD,
    TOPIC,
    VALID,
)
from offline.lake.table import table_at

_POSITION = (INCARNATION, LOG_PARTITION, LOG_OFFSET)


def events(spark: SparkSession, snapshot_id: int) -> DataFrame:
    """Return the valid events of a snapshot, one row per event_id.

    Two ingests of one range write equal rows of one log position. An event that a producer sends
    twice has two positions. Of all copies the one at the lowest position is returned; nearline
    counts the same one.
    """
    copy = f.row_number().over(Window.partitionBy(TOPIC, "event_id").orderBy(*_POSITION))
    return _first_copies(_records(spark, snapshot_id).where(VALID), copy).drop(VALID, REASON)


def raw_records(spark: SparkSession, snapshot_id: int) -> DataFrame:
    """Return every record of a snapshot, invalid ones included, one row per log position."""
    copy = f.row_number().over(Window.partitionBy(TOPIC, *_POSITION).orderBy(APPEND_TIME))
    return _first_copies(_records(spark, snapshot_id), copy)


def _first_copies(records: DataFrame, copy: Column) -> DataFrame:
    return records.withColumn("_copy", copy).where("_copy = 1").drop("_copy")


def _records(spark: SparkSession, snapshot_id: int) -> DataFrame:
    return table_at(spark, snapshot_id).where(f.col(KIND) == RECORD).drop(KIND, NEXT_OFFSET)
