"""The fallback ladder: the rungs to try if the fresh page cannot be made.

A rung is the same request under another plan: other sources, another order, another snapshot. So
every rung runs the same steps.
"""

from collections.abc import Iterator
from dataclasses import replace
from typing import Final

import msgspec
import numpy as np

from online.page.context import PagePlan, RequestContext
from online.page.filters import with_masks
from online.page.layout import as_offered, without_repeats
from online.page.model import Page, PageRow, ProfileSignals, Row
from online.page.ranking.ranker import source_order
from online.page.ranking.relevance import no_relevance
from online.page.request import PageRequest
from online.page.sources.nightly import precomputed_page_source
from online.page.sources.registry import KINDS
from online.page.sources.static import SOURCE, STATIC, VERSION, static_rows
from online.page.steps import StepRunner
from online.published.catalog_view import CatalogView
from online.published.serving_snapshot import (
    LoadedGeneration,
    ServingSnapshot,
    make_serving_snapshot,
)
from online.published.snapshot_manager import NOTHING_PUBLISHED
from shared.api.page import PageAnswer, RowAnswer, Rung, TileAnswer
from shared.catalog.catalog import is_launched, is_licensed, maturity_of
from shared.catalog.titles import KIDS_AGE, Title
from shared.records.page import StaticPage
from shared.vocabulary import UNKNOWN, Mask

BUSY: Final = "busy"
UNREAD: Final = ("digest", "exposures", "candidates")
NOT_READ: Final = ProfileSignals(missing=UNREAD)
"""The signals of a profile that could not be read in time."""
NOT_ADMITTED: Final = ProfileSignals(missing=(BUSY, *UNREAD))
"""The signals of a request that was not admitted."""
RUNGS: Final[tuple[Rung, ...]] = ("fresh", "stored", "remembered", "popular", "static")
QUICK_RUNGS: Final[tuple[Rung, ...]] = ("remembered", "static")
"""The rungs that a busy replica answers from memory."""
MIN_ROWS: Final = 2
"""A page with fewer rows is served only if no rung has a page with this many; a guess."""


class Ladder:
    """Yields the contexts of the rungs; caches the snapshot of the static page."""

    def __init__(self) -> None:
        self._static: tuple[StaticPage, ServingSnapshot] | None = None

    def descend(
        self, context: RequestContext, steps: StepRunner
    ) -> Iterator[tuple[RequestContext, int]]:
        """The context of each rung to try, with the minimum number of rows of its page.

        A rung without data is left out. If no rung has MIN_ROWS rows, the highest rung with one row
        is used. The last resort is an empty page, because filters may exclude the whole catalog.

        Raises:
            StepFailed: the rungs cannot be chosen.
        """
        rungs = steps.required("ladder", lambda: rungs_of(context))
        for minimum in (MIN_ROWS, 1, 0):
            for rung in rungs:
                rung_context = steps.optional_part(
                    f"rung:{rung}", lambda name: self._on_rung(name, context, steps), rung
                )
                if rung_context is not None:
                    yield rung_context, minimum

    def _on_rung(
        self, rung: Rung, context: RequestContext, steps: StepRunner
    ) -> RequestContext | None:
        """The context of a rung; None for a rung without data."""
        if rung == "static":
            return self._static_context(context, steps)
        if not len(context.safe):
            # The safety filters failed: only the static page is safe by construction.
            return None
        plan, signals = context.plan, context.signals
        if rung == "stored":
            if signals.candidates is None:
                return None
            return replace(context, rung=rung, plan=_stored_plan(plan))
        if rung == "remembered":
            if context.remembered is None:
                return None
            return replace(context, rung=rung, plan=_remembered_plan(plan))
        if rung == "popular":
            guest = ProfileSignals(trending=signals.trending, missing=signals.missing)
            return with_masks(replace(context, rung=rung, signals=guest), steps)
        return context

    def _static_context(self, context: RequestContext, steps: StepRunner) -> RequestContext | None:
        page = context.plan.static_page
        if page is None:
            return None
        if self._static is None or self._static[0] is not page:
            self._static = (page, _static_snapshot(page))
        plan = replace(
            context.plan,
            snapshot=self._static[1],
            sources={"static": static_rows},
            relevance=no_relevance("nothing"),
            ranker=source_order,
            layout=as_offered,
        )
        static = with_masks(replace(context, rung="static", plan=plan), steps)
        followed = _followed_mask(static, context)
        return replace(
            static,
            safe=static.safe & followed,
            showable=static.showable & followed,
            discoverable=static.discoverable & followed,
        )


def rungs_of(context: RequestContext) -> tuple[Rung, ...]:
    """The rungs to try, downwards from the highest that the signals allow."""
    if BUSY in context.signals.missing:
        return QUICK_RUNGS
    return RUNGS[RUNGS.index(_first_rung(context)) :]


def remembered_rows(context: RequestContext) -> Iterator[Row]:
    """The rows of the last page that this replica served the profile."""
    number_of = context.view.number_of
    for row in context.remembered.rows if context.remembered is not None else ():
        kind = KINDS.get(row.kind)
        if kind is not None:
            notes = {number_of(row.title_ids[column]): note for column, note in row.notes.items()}
            yield Row(
                kind=kind,
                source=row.source,
                version=row.version,
                numbers=context.view.numbers_of(row.title_ids),
                details=notes,
                label=row.name,
                reason=row.reason,
            )


def plain_page_bytes(page: Page, steps: StepRunner) -> bytes:
    """Encode a page without details of tiles; used if the usual encoder fails."""
    rows = tuple(_plain_row(page, row) for row in page.rows[: page.request.rows])
    answer = PageAnswer(
        page_id=page.page_id,
        profile_id=page.request.profile_id,
        generation=page.generation_id,
        arms={"main": page.arm},
        policy=page.policy,
        rung=page.rung,
        degraded=tuple(steps.degraded),
        scored_by=page.scored_by,
        signals_as_of=page.signals_as_of_ms,
        catalog_age_ms=page.catalog_age_ms,
        more=None,
        rows=rows,
    )
    return msgspec.json.encode(answer)


def last_resort_bytes(
    request: PageRequest, plan: PagePlan, page: StaticPage, steps: StepRunner
) -> bytes:
    """Encode the page of last resort: the static page, made without the steps that rungs share.

    Every rung uses the same filters, evidence and encoders. If one of these fails, only this page
    can be served. A row without titles is left out.

    The profile's own ceiling and country are not used, because the step that reads them may have
    failed: every title suits KIDS_AGE, and without a claimed country it is licensed everywhere.
    """
    rows = _last_rows(request, plan, page)
    if not rows:
        steps.report("nothing_allowed")
    return msgspec.json.encode(
        PageAnswer(
            page_id=request.page_id,
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


def _plain_row(page: Page, row: PageRow) -> RowAnswer:
    view = page.snapshot.view
    tiles = tuple(
        TileAnswer(view.title_ids[number], view.names[number], rank)
        for rank, number in enumerate(row.numbers[: page.request.columns])
    )
    return RowAnswer(row.kind, row.name, row.reason, row.source, row.version, tiles)


def _first_rung(context: RequestContext) -> Rung:
    if not context.snapshot.published:
        return "static"
    if "digest" not in context.signals.missing:
        return "fresh"
    if context.signals.candidates is not None:
        return "stored"
    return "remembered" if context.remembered is not None else "popular"


def _stored_plan(plan: PagePlan) -> PagePlan:
    return replace(
        plan,
        sources={"stored": precomputed_page_source(KINDS)},
        relevance=no_relevance("stored_order"),
        ranker=source_order,
        layout=without_repeats,
    )


def _remembered_plan(plan: PagePlan) -> PagePlan:
    return replace(
        plan,
        sources={"remembered": remembered_rows},
        relevance=no_relevance("remembered"),
        ranker=source_order,
        layout=as_offered,
    )


def _static_snapshot(page: StaticPage) -> ServingSnapshot:
    view = CatalogView.of(page.titles)
    return make_serving_snapshot(LoadedGeneration(NOTHING_PUBLISHED, page.titles), view)


def _followed_mask(static: RequestContext, context: RequestContext) -> Mask:
    """bool[titles of the static page]: the titles that the followed catalog allows as well.

    A title of the static page may have been withdrawn or changed since the page was built.
    """
    mask = np.ones(len(static.view), np.bool_)
    for number, title_id in enumerate(static.view.title_ids):
        followed = context.view.number_of(title_id)
        if followed != UNKNOWN:
            mask[number] = _may_be_shown(context, followed)
    return mask


def _may_be_shown(context: RequestContext, number: int) -> bool:
    if len(context.safe):
        return bool(context.safe[number])
    title, safety = context.view.title(number), context.safety
    return (
        title is not None
        and maturity_of(title) <= safety.ceiling
        and is_launched(title, context.now_ms)
        and is_licensed(title, safety.country, context.now_ms)
    )


def _last_rows(request: PageRequest, plan: PagePlan, page: StaticPage) -> list[RowAnswer]:
    titles = {
        title.title_id: title for title in page.titles if _may_be_shown_to_all(title, request, plan)
    }
    kind, reason = STATIC.name, STATIC.reasons[-1].text
    rows = []
    for row in page.rows:
        allowed = [titles[title_id] for title_id in row.title_ids if title_id in titles]
        tiles = tuple(
            TileAnswer(title.title_id, title.name, rank)
            for rank, title in enumerate(allowed[: request.columns])
        )
        if tiles:
            rows.append(RowAnswer(kind, row.name, reason, SOURCE, VERSION, tiles))
    return rows[: request.rows]


def _may_be_shown_to_all(title: Title, request: PageRequest, plan: PagePlan) -> bool:
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
