"""Create, read and append to the lake's table."""

from collections.abc import Iterable, Sequence

import pyarrow as pa
from pyspark.sql import DataFrame, SparkSession
from pyspark.sql import functions as f

from offline.lake.event_schema import ddl
from offline.lake.ranges import Marker, NextOffsets
from offline.lake.schema import (
    APPEND_TIME,
    ARROW_SCHEMA,
    CREATE_TABLE,
    INCARNATION,
    KIND,
    LOG_PARTITION,
    MARKER,
    NAMESPACE,
    NEXT_OFFSET,
    SPARK_SCHEMA,
    TABLE,
    TOPIC,
)


def ensure_table(spark: SparkSession) -> None:
    """Create the table, or add the columns that it does not have yet; safe to repeat.

    A field that was added to the envelope becomes a column, which is null in older rows.
    """
    spark.sql(f"CREATE NAMESPACE IF NOT EXISTS {NAMESPACE}")
    spark.sql(CREATE_TABLE)
    columns = set(spark.table(TABLE).columns)
    new = [field for field in ARROW_SCHEMA if field.name not in columns]
    if new:
        spark.sql(f"ALTER TABLE {TABLE} ADD COLUMNS ({ddl(pa.schema(new))})")


def current_snapshot(spark: SparkSession) -> int | None:
    """Return the id of the table's current snapshot, or None before the first commit."""
    row = spark.table(f"{TABLE}.refs").where("name = 'main'").select("snapshot_id").first()
    return None if row is None else int(row.snapshot_id)


def table_at(spark: SparkSession, snapshot_id: int | None = None) -> DataFrame:
    """Return the whole table, markers included, at a snapshot (None: the current one)."""
    if snapshot_id is None:
        return spark.table(TABLE)
    return spark.read.option("versionAsOf", snapshot_id).table(TABLE)


def next_offsets(spark: SparkSession, snapshot_id: int | None = None) -> NextOffsets:
    """Return the next offset of every partition at a snapshot (None: the current one)."""
    return {
        (marker.topic, marker.incarnation, marker.partition): marker.next_offset
        for marker in read_markers(spark, snapshot_id)
    }


def read_markers(spark: SparkSession, snapshot_id: int | None = None) -> list[Marker]:
    """Return the greatest marker of every partition at a snapshot (None: the current one)."""
    rows = (
        table_at(spark, snapshot_id)
        .where(f.col(KIND) == MARKER)
        .groupBy(TOPIC, INCARNATION, LOG_PARTITION)
        .agg(
            f.max(NEXT_OFFSET).alias(NEXT_OFFSET),
            f.max(f.unix_millis(APPEND_TIME)).alias("committed_ms"),
        )
        .select(TOPIC, INCARNATION, LOG_PARTITION, NEXT_OFFSET, "committed_ms")
        .collect()
    )
    return [Marker(*row) for row in rows]


def marker_frame(spark: SparkSession, markers: Iterable[Marker]) -> DataFrame:
    """Return markers as rows of the table."""
    return spark.createDataFrame(_marker_rows(list(markers))).to(SPARK_SCHEMA)


def append(frames: Sequence[DataFrame]) -> None:
    """Commit all frames as one snapshot, so that all rows become visible together."""
    rows = frames[0]
    for frame in frames[1:]:
        rows = rows.unionByName(frame)
    rows.writeTo(TABLE).append()


def _marker_rows(markers: Sequence[Marker]) -> pa.Table:
    nulls = [None] * len(markers)
    values: dict[str, list[object]] = {
        KIND: [MARKER] * len(markers),
        TOPIC: [marker.topic for marker in markers],
        INCARNATION: [marker.incarnation for marker in markers],
        LOG_PARTITION: [marker.partition for marker in markers],
        NEXT_OFFSET: [marker.next_offset for marker in markers],
        APPEND_TIME: [marker.committed_ms * 1000 for marker in markers],
    }
    return pa.table(
        [pa.array(values.get(field.name, nulls), field.type) for field in ARROW_SCHEMA],
        schema=ARROW_SCHEMA,
    )
