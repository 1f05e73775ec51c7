"""Collect the candidate rows of all sources."""

from itertools import islice

from online.page.context import RequestContext, Source
from online.page.model import Row
from online.page.steps import StepRunner


def candidate_rows(context: RequestContext, steps: StepRunner) -> list[Row]:
    """The rows of all sources; a source that raises loses only its own rows."""
    limit, rows = steps.rows_per_source, list[Row]()
    for name, source in context.plan.sources.items():
        offered = steps.optional_part(f"source:{name}", _rows_of, source, limit, context)
        if offered is not None and len(offered) > limit:
            steps.report(f"overrun:source:{name}")
        rows.extend(islice(offered or (), limit))
    return rows


def _rows_of(source: Source, limit: int, context: RequestContext) -> list[Row]:
    """At most one row more than the limit.

    Raises:
        IndexError: a row has a number outside the catalog.
    """
    rows = list(islice(source(context), limit + 1))
    for row in rows:
        context.safe.take(row.numbers)
    return rows
