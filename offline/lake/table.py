"""Opens the lake's table and asks it what it holds: its current snapshot, and how far each
partition was read.
"""

from collections.abc import Iterable, Sequence

import pyarrow as pa
from pyspark.sql import DataFrame, SparkSession
from pyspark.sql import functions as f

from offline.lake.ranges import Marker, Marks
from offline.lake.schema import ARROW_SCHEMA, CREATE_TABLE, MARKER, SPARK_SCHEMA, TABLE


def ensure_table(spark: SparkSession) -> None:
    """Create the table where it is missing; safe to repeat."""
    spark.sql("CREATE NAMESPACE IF NOT EXISTS lake.raw")
    spark.sql(CREATE_TABLE)


def current_snapshot(spark: SparkSession) -> int | None:
    """The id of the table's current snapshot; None while nothing was ever committed."""
    row = spark.table(f"{TABLE}.refs").where("name = 'main'").select("snapshot_id").first()
    return None if row is None else int(row.snapshot_id)


def table_at(spark: SparkSession, snapshot_id: int | None = None) -> DataFrame:
    """The whole table, markers and all, as it was at a snapshot (None: as it is now)."""
    return (
        spark.table(TABLE)
        if snapshot_id is None
        else spark.read.option("versionAsOf", snapshot_id).table(TABLE)
    )


def read_marks(spark: SparkSession, snapshot_id: int | None = None) -> Marks:
    """How far every partition was read, by (topic, incarnation, partition), at a snapshot (None:
    now).
    """
    return {
        (marker.topic, marker.incarnation, marker.partition): marker.next_offset
        for marker in read_markers(spark, snapshot_id)
    }


def read_markers(spark: SparkSession, snapshot_id: int | None = None) -> list[Marker]:
    """The greatest marker of every partition, at a snapshot (None: now)."""
    rows = (
        table_at(spark, snapshot_id)
        .where(f.col("kind") == MARKER)
        .groupBy("topic", "incarnation", "log_partition")
        .agg(
            f.max("next_offset").alias("next_offset"),
            f.max(f.unix_millis("append_time")).alias("committed_ms"),
        )
        .collect()
    )
    return [
        Marker(row.topic, row.incarnation, row.log_partition, row.next_offset, row.committed_ms)
        for row in rows
    ]


def marker_frame(spark: SparkSession, markers: Iterable[Marker]) -> DataFrame:
    """Markers as rows of the table."""
    return spark.createDataFrame(_marker_rows(list(markers))).to(
        spark.createDataFrame([], SPARK_SCHEMA).schema
    )


def append(frames: Sequence[DataFrame]) -> None:
    """Commit all frames as one snapshot: visible together or not at all."""
    together = frames[0]
    for frame in frames[1:]:
        together = together.unionByName(frame)
    together.writeTo(TABLE).append()


def _marker_rows(markers: Sequence[Marker]) -> pa.Table:
    nothing = [None] * len(markers)
    filled: dict[str, list[object]] = {
        "kind": [MARKER] * len(markers),
        "topic": [marker.topic for marker in markers],
        "incarnation": [marker.incarnation for marker in markers],
        "log_partition": [marker.partition for marker in markers],
        "next_offset": [marker.next_offset for marker in markers],
        "append_time": [marker.committed_ms * 1000 for marker in markers],
    }
    return pa.table(
        [pa.array(filled.get(field.name, nothing), field.type) for field in ARROW_SCHEMA],
        schema=ARROW_SCHEMA,
    )
