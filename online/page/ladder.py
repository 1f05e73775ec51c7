"""The fallback ladder: the rungs to try if the fresh page cannot be made.

A rung is the same request under another plan: other sources, another order, another snapshot. So
every rung runs the same steps.
"""

from collections.abc import Iterator
from dataclasses import replace
from typing import Final

import numpy as np

from online.page.context import PagePlan, RequestContext
from online.page.filters import with_masks
from online.page.layout import as_offered, without_repeats
from online.page.model import ProfileSignals, Row
from online.page.ranking.ranker import source_order
from online.page.ranking.relevance import no_relevance
from online.page.signals.read import BUSY
from online.page.sources.nightly import precomputed_page_source
from online.page.sources.registry import KINDS
from online.page.sources.static import static_rows
from online.page.steps import StepRunner
from online.published.catalog_view import CatalogView
from online.published.serving_snapshot import (
    LoadedGeneration,
    ServingSnapshot,
    make_serving_snapshot,
)
from online.published.snapshot_manager import NOTHING_PUBLISHED
from shared.api.page import Rung
from shared.records.page import StaticPage
from shared.vocabulary import UNKNOWN, Mask

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
        rungs = steps.required("ladder", rungs_of, context)
        for minimum in (MIN_ROWS, 1, 0):
            for rung in rungs:
                rung_context = steps.optional_part(
                    f"rung:{rung}", self._on_rung, rung, context, steps
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
    title = context.view.title(number)
    return title is not None and context.safety.allows(title, context.now_ms)
