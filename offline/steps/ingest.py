"""The first step: copy new records from the log to the lake.

It runs every night, because a run's id depends on the lake snapshot that this step returns.
"""

from offline.context import RunContext
from offline.lake.ingest import IngestResult, ingest


def ingest_log(context: RunContext, *, accept_gap: bool) -> IngestResult:
    """Copy all new records and report how many.

    Raises:
        LeaseHeld: another ingest is running.
        LogGap: records were deleted before they were copied, and `accept_gap` is not set.
    """
    began_s = context.clock.monotonic_s()
    result = ingest(
        context.spark, context.log_factory, context.store, context.clock, accept_gap=accept_gap
    )
    seconds = context.clock.monotonic_s() - began_s
    lost = f", {result.lost} records lost" if result.lost else ""
    context.progress(f"ingest: {result.offsets} new records{lost}, done in {seconds:.1f} s")
    return result
