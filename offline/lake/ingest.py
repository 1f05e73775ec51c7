"""Copy new records of the log into the lake.

Spark tasks read offset ranges. One commit makes the records and the markers that the ranges reach
visible together.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

import pyarrow as pa
from pyspark.sql import SparkSession

from offline.lake.decode import RangeReader
from offline.lake.lease import Lease
from offline.lake.ranges import Marker, Plan, Range, plan_ranges, split_ranges
from offline.lake.schema import SPARK_SCHEMA
from offline.lake.table import append, current_snapshot, ensure_table, marker_frame, next_offsets
from shared.clock import Clock
from shared.connections import ConnectionFactory
from shared.log.port import Log
from shared.log.topics import topic_specs
from shared.store.port import Store

_SPECS = topic_specs(1)
TOPICS: Final = tuple(spec.topic for spec in _SPECS)
COMPACTED: Final = frozenset(spec.topic for spec in _SPECS if spec.compacted)
LEASE: Final = "ingest"
# Offsets per task. A guess that keeps a task short enough to be repeated.
MAX_RANGE_OFFSETS: Final = 20_000


@dataclass(frozen=True, slots=True)
class IngestResult:
    """The result of one ingest.

    `snapshot_id` is None while the lake is empty. `offsets` is 0 when the log has nothing new.
    `lost` counts records that were deleted from the log before they were read.
    """

    snapshot_id: int | None
    offsets: int
    lost: int


def ingest(
    spark: SparkSession,
    log_factory: ConnectionFactory[Log],
    store: Store,
    clock: Clock,
    *,
    accept_gap: bool = False,
) -> IngestResult:
    """Read every topic from its markers to its current end, in one commit.

    An unchanged log makes no snapshot. Records and markers become visible together, so that a
    killed run leaves only a lease, which expires.

    Raises:
        LeaseHeld: another ingest is running.
        LogGap: records were deleted before they were read, and `accept_gap` is not set.
    """
    with Lease(store, LEASE, clock) as lease:
        ensure_table(spark)
        log = log_factory.open()
        try:
            plan = plan_new(spark, log, accept_gap=accept_gap)
        finally:
            log.close()
        if plan.ranges:
            lease.check()
            commit_plan(spark, log_factory, plan, clock.now_ms())
        return IngestResult(current_snapshot(spark), plan.offsets, plan.lost)


def plan_new(spark: SparkSession, log: Log, *, accept_gap: bool = False) -> Plan:
    """Return the offsets of the log beyond the lake's markers."""
    return plan_ranges(log, TOPICS, next_offsets(spark), compacted=COMPACTED, accept_gap=accept_gap)


def commit_plan(
    spark: SparkSession, log_factory: ConnectionFactory[Log], plan: Plan, now_ms: int
) -> None:
    """Read the plan's ranges in tasks and append them with their markers as one snapshot."""
    pieces = split_ranges(plan.ranges, MAX_RANGE_OFFSETS)
    ranges = spark.createDataFrame(_range_table(pieces)).repartition(len(pieces))
    records = ranges.mapInArrow(RangeReader(log_factory), SPARK_SCHEMA)
    markers = [
        Marker(offsets.topic, offsets.incarnation, offsets.partition, offsets.end, now_ms)
        for offsets in plan.ranges
    ]
    append([records, marker_frame(spark, markers)])


def _range_table(pieces: Sequence[Range]) -> pa.Table:
    return pa.table(
        {
            "topic": [piece.topic for piece in pieces],
            "incarnation": [piece.incarnation for piece in pieces],
            "partition": pa.array([piece.partition for piece in pieces], pa.int32()),
            "start": pa.array([piece.start for piece in pieces], pa.int64()),
            "end": pa.array([piece.end for piece in pieces], pa.int64()),
        }
    )
