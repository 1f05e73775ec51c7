"""Moves what is new in the log into the lake: offset ranges read by Spark tasks, committed together
with the markers they reach.
"""

from dataclasses import dataclass

import pyarrow as pa
from pyspark.sql import SparkSession

from offline.lake.decode import RangeReader
from offline.lake.lease import Lease
from offline.lake.ranges import Marker, Plan, Range, cut, plan_ranges
from offline.lake.schema import SPARK_SCHEMA
from offline.lake.table import append, current_snapshot, ensure_table, marker_frame, read_marks
from shared.clock import Clock
from shared.connections import ConnectionFactory
from shared.log.port import Log
from shared.log.topics import topic_specs
from shared.store.port import Store

TOPICS = tuple(spec.topic for spec in topic_specs(1))
COMPACTED = frozenset(spec.topic for spec in topic_specs(1) if spec.compacted)
LEASE = "ingest"
LONGEST_RANGE = 20_000


@dataclass(frozen=True, slots=True)
class Ingested:
    """What a run did; `snapshot_id` is None while the lake is still empty, `offsets` 0 when the log
    had nothing new.
    """

    snapshot_id: int | None
    offsets: int
    lost: int


def ingest(
    spark: SparkSession,
    opens_log: ConnectionFactory[Log],
    store: Store,
    clock: Clock,
    *,
    accept_gap: bool = False,
) -> Ingested:
    """Read every topic from its markers to its present end, in one commit; an unchanged log makes
    no snapshot.

    A run that is killed leaves nothing behind but a lease that ends by itself: records and markers
    become visible together.

    Raises:
        LeaseHeld: another ingest is at work.
        LogGap: records left the log before they were read, and `accept_gap` is not set.
    """
    with Lease(store, LEASE, clock) as lease:
        ensure_table(spark)
        log = opens_log.open()
        try:
            plan = plan_new(spark, log, accept_gap=accept_gap)
        finally:
            log.close()
        if plan.ranges:
            lease.check()
            commit_plan(spark, opens_log, plan, clock.now_ms())
        return Ingested(current_snapshot(spark), plan.offsets, plan.lost)


def plan_new(spark: SparkSession, log: Log, *, accept_gap: bool = False) -> Plan:
    """What the log holds beyond the lake's markers."""
    return plan_ranges(log, TOPICS, read_marks(spark), compacted=COMPACTED, accept_gap=accept_gap)


def commit_plan(
    spark: SparkSession, opens_log: ConnectionFactory[Log], plan: Plan, now_ms: int
) -> None:
    """Read the plan's ranges in tasks and append them with their markers as one snapshot."""
    pieces = cut(plan.ranges, LONGEST_RANGE)
    ranges = spark.createDataFrame(_as_table(pieces)).repartition(len(pieces))
    records = ranges.mapInArrow(RangeReader(opens_log), SPARK_SCHEMA)
    markers = [
        Marker(part.topic, part.incarnation, part.partition, part.end, now_ms)
        for part in plan.ranges
    ]
    append([records, marker_frame(spark, markers)])


def _as_table(pieces: list[Range]) -> pa.Table:
    return pa.table(
        {
            "topic": [piece.topic for piece in pieces],
            "incarnation": [piece.incarnation for piece in pieces],
            "partition": pa.array([piece.partition for piece in pieces], pa.int32()),
            "start": pa.array([piece.start for piece in pieces], pa.int64()),
            "end": pa.array([piece.end for piece in pieces], pa.int64()),
        }
    )
