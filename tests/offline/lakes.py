"""A lake filled from a log in one commit."""

from pyspark.sql import SparkSession

from offline.lake.ingest import commit_plan, plan_new
from offline.lake.table import current_snapshot, ensure_table
from tests.offline.events import NOW
from tests.offline.frozen_log import FrozenLog


def ingest_log(lake: SparkSession, log: FrozenLog) -> int:
    """Append the log to the lake and return the snapshot."""
    ensure_table(lake)
    commit_plan(lake, log, plan_new(lake, log), NOW)
    return current_snapshot(lake) or 0
