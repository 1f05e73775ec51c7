"""The page of last resort: the static page, made without the steps that the rungs share.

Every rung of the ladder uses the same filters, evidence and encoders. If one of these fails, only
this page can be served.
"""

import msgspec

from online.page.context import PagePlan
from online.page.request import PageRequest
from online.page.sources.static import STATIC
from online.page.steps import StepRunner
from shared.api.page import PageAnswer, RowAnswer, TileAnswer
from shared.catalog.catalog import is_launched, is_licensed, maturity_of
from shared.catalog.titles import KIDS_AGE, Title
from shared.ids import PageId
from shared.records.page import StaticPage
from shared.vocabulary import UNKNOWN


def last_resort_bytes(
    request: PageRequest, page_id: PageId, plan: PagePlan, page: StaticPage, steps: StepRunner
) -> bytes:
    """Encode the static page of the plan; a row without titles is left out.

    The profile's own ceiling and country are not used, because the step that reads them may have
    failed: every title suits KIDS_AGE, and without a claimed country it is licensed everywhere.
    """
    rows = _rows(request, plan, page)
    if not rows:
        steps.report("nothing_allowed")
    return msgspec.json.encode(
        PageAnswer(
            page_id=page_id,
            profile_id=request.profile_id,
            generation=plan.snapshot.generation.manifest.generation_id or None,
            arms={"main": plan.arm},
            policy=plan.settings.policy,
            rung="static",
            degraded=steps.degraded,
            scored_by="nothing",
            signals_as_of=None,
            catalog_age_ms=plan.catalog_age_ms,
            more=None,
            rows=tuple(rows),
        )
    )


def _rows(request: PageRequest, plan: PagePlan, page: StaticPage) -> list[RowAnswer]:
    titles = {title.title_id: title for title in page.titles if _may_be_shown(title, request, plan)}
    rows = []
    for row in page.rows:
        shown = [titles[title_id] for title_id in row.title_ids if title_id in titles]
        tiles = [
            TileAnswer(title.title_id, title.name, rank)
            for rank, title in enumerate(shown[: request.columns])
        ]
        if tiles:
            reason = STATIC.reasons[-1].text
            rows.append(
                RowAnswer(STATIC.name, row.name, reason, "static", "static-1", tuple(tiles))
            )
    return rows[: request.rows]


def _may_be_shown(title: Title, request: PageRequest, plan: PagePlan) -> bool:
    """Whether the title may be shown, as it is in the static page and in the followed catalog."""
    view = plan.snapshot.view
    number = view.number_of(title.title_id)
    followed = title if number == UNKNOWN else view.title(number)
    return followed is not None and all(_suits(version, request) for version in (title, followed))


def _suits(title: Title, request: PageRequest) -> bool:
    ceiling = KIDS_AGE if request.ceiling is None else min(KIDS_AGE, request.ceiling)
    return (
        maturity_of(title) <= ceiling
        and is_launched(title, request.now_ms)
        and is_licensed(title, request.country, request.now_ms)
    )
