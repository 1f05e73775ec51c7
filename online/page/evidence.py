"""The finished page: the placed rows with labels and reasons, checked by the filters again."""

from collections.abc import Sequence

from online.page.context import RequestContext
from online.page.filters import check_showable
from online.page.model import Page, PageRow, PlacedRow


def finished_page(context: RequestContext, placed: Sequence[PlacedRow]) -> Page:
    """The page with labels and reasons.

    Raises:
        ValueError: the layout placed a title that may not be shown.
    """
    plan, digest = context.plan, context.signals.digest
    page = Page(
        page_id=context.request.page_id,
        request=context.request,
        snapshot=plan.snapshot,
        safety=context.safety,
        rows=tuple([_page_row(row) for row in placed]),
        rung=context.rung,
        policy=plan.settings.policy,
        arm=plan.arm,
        signals_as_of_ms=digest.as_of_ms if digest is not None else None,
        catalog_age_ms=plan.catalog_age_ms,
        scored_by=context.relevance.scored_by,
    )
    check_showable(page.rows, context)
    return page


def _page_row(placed: PlacedRow) -> PageRow:
    row, details = placed.row, placed.row.details
    return PageRow(
        kind=row.kind.name,
        source=row.source,
        version=row.version,
        name=row.label or row.kind.label(row.facts),
        reason=row.reason or row.kind.reason(row.facts),
        numbers=placed.numbers,
        notes={c: details[n] for c, n in enumerate(placed.numbers) if n in details}
        if details
        else {},
    )
