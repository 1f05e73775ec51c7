"""One page, from request to bytes: `Assembler._assemble` lists every step."""

import logging
from contextlib import ExitStack, suppress
from dataclasses import replace
from typing import Final

from online.page.admission import Admission
from online.page.components import PageComponents
from online.page.context import PagePlan, RequestContext, Trace, caller_of
from online.page.evidence import finished_page
from online.page.filters import apply_filters, check_showable, safety_of, with_masks
from online.page.ladder import Ladder
from online.page.last_resort import last_resort_bytes
from online.page.model import Page, ProfileSignals
from online.page.ranking.explore import explore
from online.page.request import PageRequest
from online.page.served.exposure_log import UNLOGGED
from online.page.served.response import (
    page_bytes,
    page_rows,
    plain_rows,
    served_event,
    stored_page,
)
from online.page.signals.read import NOT_ADMITTED, read_signals
from online.page.sources.candidates import candidate_rows
from online.page.steps import StepFailed, StepRunner
from online.problems import problem
from shared.api.page import RowAnswer, Rung

logger = logging.getLogger(__name__)

# A guess: an older catalog may lack takedowns, and is reported in `degraded`.
MAX_CATALOG_AGE_MS: Final = 60_000


class Assembler:
    """Answers page requests; for one event loop.

    A failing store, log or step never fails a request while a lower rung has a page.
    """

    def __init__(self, components: PageComponents) -> None:
        self._components = components
        self._ladder = Ladder()

    async def page(self, request: PageRequest) -> bytes:
        """Answer a page request as JSON.

        Raises:
            Problem: no static page is loaded yet (503).
        """
        steps = self._components.new_steps(request.request_id)
        with ExitStack() as progress:
            admission = self._components.admission
            in_time = steps.optional("admission", True, _entered, progress, admission)
            try:
                return await self._assemble(request, steps, in_time=in_time)
            except StepFailed:
                return self._last_resort(request, steps)
            except Exception:  # noqa: BLE001 a step returned a value that later steps cannot use
                steps.fail("ladder")
                return self._last_resort(request, steps)

    async def _assemble(self, request: PageRequest, steps: StepRunner, *, in_time: bool) -> bytes:
        """Run every step of a page; each rung of the ladder runs them with another plan.

        Raises:
            StepFailed: a step failed that all rungs share, or no static page is loaded.
        """
        plan = steps.required("plan", self._plan, request)
        signals = NOT_ADMITTED
        if in_time:
            signals = await read_signals(self._components, request, plan, steps)
        context = steps.required("context", self._context, request, plan, signals)
        context = steps.optional("context", context, with_masks, context, steps)
        steps.optional("context", None, _report_missing, context, steps)
        for rung, minimum_rows in self._ladder.descend(context, steps):
            with suppress(StepFailed):
                context = steps.required("relevance", _with_relevance, rung)
                offered = steps.required("sources", candidate_rows, context, steps)
                allowed = steps.required("filter", apply_filters, context, offered)
                ranked = steps.required("score", context.plan.ranker, context, allowed)
                placed = steps.required("layout", context.plan.layout, context, ranked)
                greedy = steps.required("evidence", finished_page, context, placed)
                if len(greedy.rows) < minimum_rows:
                    continue
                if not greedy.rows:
                    steps.report("nothing_allowed")
                page = steps.optional("explore", greedy, self._explore, greedy, context)
                body = self._respond(page, steps)
                if not steps.optional("log", False, self._log, page, steps):
                    steps.report(UNLOGGED)
                    body = self._respond(greedy, steps)
                if context.trace is not None:
                    context.trace.record(offered, allowed, placed)
                    logger.info("page %s: %s", page.page_id, context.trace.summary())
                steps.optional("finish", None, self._finish, greedy.rung, steps)
                return body
        raise StepFailed("ladder")

    def _last_resort(self, request: PageRequest, steps: StepRunner) -> bytes:
        """The static page, made without the steps that failed.

        Raises:
            Problem: no static page is loaded yet (503).
        """
        plan = steps.optional("plan", None, self._components.planner.default_plan)
        if plan is None or plan.static_page is None:
            raise problem(
                503,
                "Nothing to show yet",
                "Run `marquee nightly` or import a catalog, then send the request again.",
                retry_after_s=5,
            )
        steps.report(UNLOGGED)
        self._components.telemetry.pages_not_logged.inc()
        body = last_resort_bytes(request, plan, plan.static_page, steps)
        steps.optional("finish", None, self._finish, "static", steps)
        return body

    def _plan(self, request: PageRequest) -> PagePlan:
        return self._components.planner.plan(caller_of(request))

    def _context(
        self, request: PageRequest, plan: PagePlan, signals: ProfileSignals
    ) -> RequestContext:
        remembered = self._components.pages.remembered(request.profile_id)
        caller = caller_of(request)
        return RequestContext(
            request=request,
            caller=caller,
            plan=plan,
            signals=signals,
            safety=safety_of(caller, signals, remembered.ceiling if remembered else None),
            remembered=remembered,
            trace=Trace() if request.debug else None,
        )

    def _explore(self, page: Page, context: RequestContext) -> Page:
        """Fill the exploration slot of a fresh page, if the log accepts the record of the draw."""
        if page.rung != "fresh" or not self._components.exposures.accepts():
            return page
        explored = explore(page, context, self._components.token_key)
        pairs = zip(explored.rows, page.rows, strict=True)
        check_showable([row for row, greedy in pairs if row is not greedy], context)
        return explored

    def _respond(self, page: Page, steps: StepRunner) -> bytes:
        """The page as bytes; without details of tiles if these cannot be encoded."""
        more = steps.optional("store", None, self._store, page, steps)
        with suppress(StepFailed):
            rows = steps.required("respond", page_rows, page)
            return steps.required("respond", _body, page, rows, more, steps)
        rows = steps.required("respond", plain_rows, page)
        return steps.required("respond", _body, page, rows, None, steps)

    def _store(self, page: Page, steps: StepRunner) -> str | None:
        """Store the page for scrolling; return the address of its next part, if there is one."""
        stored, pages = stored_page(replace(page, degraded=steps.degraded)), self._components.pages
        if page.rung in {"fresh", "stored"}:
            pages.remember(stored, page.request.shape)
        return pages.store(stored, page.request)

    def _log(self, page: Page, steps: StepRunner) -> bool:
        """Send the record of the page to the log; return whether the log accepts it."""
        request = page.request
        return self._components.exposures.offer(
            served_event(replace(page, degraded=steps.degraded)),
            request.now_ms,
            request.profile_id,
            request.device,
            country=page.safety.country,
            utc_offset_min=request.utc_offset_min,
        )

    def _finish(self, rung: Rung, steps: StepRunner) -> None:
        """Count the page, and record its cost for admission."""
        telemetry = self._components.telemetry
        telemetry.pages.labels(rung).inc()
        for cause in steps.degraded:
            telemetry.degraded.labels(cause).inc()
        steps.observe()
        if rung in {"fresh", "stored"}:
            awaited_ms = sum(steps.duration_ms.get(step, 0.0) for step in ("hydrate", "trending"))
            self._components.admission.record_cost((steps.total_ms - awaited_ms) / 1000)


def _entered(progress: ExitStack, admission: Admission) -> bool:
    """Whether there is time for a full page; the page counts until `progress` is closed."""
    return progress.enter_context(admission.page())


def _report_missing(context: RequestContext, steps: StepRunner) -> None:
    """Report the signals that could not be read, and a catalog that is too old."""
    for name in context.signals.missing:
        steps.report(name)
    age_ms = context.plan.catalog_age_ms
    if age_ms is None or age_ms > MAX_CATALOG_AGE_MS:
        steps.report("catalog")


def _with_relevance(context: RequestContext) -> RequestContext:
    return replace(context, relevance=context.plan.relevance(context))


def _body(page: Page, rows: tuple[RowAnswer, ...], more: str | None, steps: StepRunner) -> bytes:
    page = replace(page, degraded=steps.degraded)
    return page_bytes(page, rows, more, steps.duration_ms if page.request.debug else None)
