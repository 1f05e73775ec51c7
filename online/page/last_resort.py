"""The page of last resort: the static page, made without the steps that all rungs share.

Every rung uses the same filters and evidence. If one of these fails, only this page can be served.
"""

from online.page.context import PagePlan
from online.page.model import Page, Safety
from online.page.request import PageRequest
from online.page.served.response import page_bytes
from online.page.sources.static import SOURCE, STATIC, VERSION
from online.page.steps import StepRunner
from online.published.catalog_view import CatalogView
from shared.api.page import RowAnswer, TileAnswer
from shared.catalog.titles import KIDS_AGE, Title
from shared.records.page import StaticPage
from shared.vocabulary import UNKNOWN


def last_resort_bytes(
    request: PageRequest, plan: PagePlan, static: StaticPage, steps: StepRunner
) -> bytes:
    """Encode the page of last resort. A row without titles is left out.

    The profile's own ceiling and country are not used, because the step that reads them may have
    failed: every title suits KIDS_AGE, and without a claimed country it is licensed everywhere.
    """
    ceiling = KIDS_AGE if request.ceiling is None else min(KIDS_AGE, request.ceiling)
    safety = Safety(ceiling, request.country)
    titles = [
        title
        for title in static.titles
        if _may_be_shown(title, plan.snapshot.view, safety, request.now_ms)
    ]
    rows = _rows(request, static, titles)
    if not rows:
        steps.report("nothing_allowed")
    page = Page(
        page_id=request.page_id,
        request=request,
        snapshot=plan.snapshot,
        safety=safety,
        rows=(),
        rung="static",
        policy=plan.settings.policy,
        arm=plan.arm,
        degraded=steps.degraded,
        catalog_age_ms=plan.catalog_age_ms,
        scored_by="nothing",
    )
    return page_bytes(page, rows, more=None)


def _may_be_shown(title: Title, view: CatalogView, safety: Safety, now_ms: int) -> bool:
    """Whether the title may be shown, as it is in the static page and in the followed catalog."""
    number = view.number_of(title.title_id)
    followed = title if number == UNKNOWN else view.title(number)
    return followed is not None and all(
        safety.allows(version, now_ms) for version in (title, followed)
    )


def _rows(request: PageRequest, static: StaticPage, allowed: list[Title]) -> tuple[RowAnswer, ...]:
    by_id, reason = {title.title_id: title for title in allowed}, STATIC.reasons[-1].text
    rows = []
    for row in static.rows:
        titles = [by_id[title_id] for title_id in row.title_ids if title_id in by_id]
        tiles = tuple(
            TileAnswer(title.title_id, title.name, rank)
            for rank, title in enumerate(titles[: request.columns])
        )
        if tiles:
            rows.append(RowAnswer(STATIC.name, row.name, reason, SOURCE, VERSION, tiles))
    return tuple(rows[: request.rows])
