"""One page, from request to bytes: `Assembler._assemble` lists every step."""

import logging
from collections.abc import Sequence
from contextlib import ExitStack, suppress
from dataclasses import dataclass, replace
from functools import partial
from itertools import islice
from typing import Final

from online.page.admission import Admission
from online.page.context import Caller, PagePlan, RequestContext, Source, Trace, caller_of
from online.page.exposure_log import ExposureLog
from online.page.filters import (
    apply_filters,
    check_showable,
    country_of,
    safety_of,
    with_masks,
)
from online.page.ladder import NOT_ADMITTED, NOT_READ, Ladder, last_resort_bytes, plain_page_bytes
from online.page.model import Page, PageRow, PlacedRow, ProfileSignals, Row
from online.page.planner import Planner
from online.page.ranking.explore import explore
from online.page.request import MoreRequest, PageRequest
from online.page.response import (
    page_bytes,
    page_rows,
    part_bytes,
    part_event,
    served_event,
    similar_bytes,
    stored_page,
)
from online.page.signals.hydrate import Hydrator
from online.page.signals.trending import Trending
from online.page.steps import StepFailed, StepRunner
from online.page.stored_pages import Part, StoredPages, part_of
from online.problems import not_found, problem
from online.published.catalog_view import CatalogView
from online.settings import Deadlines, WorkBudgets
from online.telemetry import Telemetry
from shared.api.page import RowAnswer, Rung
from shared.clock import Clock
from shared.ids import TitleId
from shared.vocabulary import UNKNOWN

logger = logging.getLogger(__name__)

# A guess: an older catalog may lack takedowns, and is reported in `degraded`.
MAX_CATALOG_AGE_MS: Final = 60_000
UNLOGGED: Final = "unlogged"


@dataclass(frozen=True)
class PageParts:
    """The components of an assembler; `token_key` signs the tokens of drawn tiles."""

    planner: Planner
    admission: Admission
    hydrator: Hydrator
    trending: Trending
    pages: StoredPages
    exposures: ExposureLog
    telemetry: Telemetry
    clock: Clock
    deadlines: Deadlines
    budgets: WorkBudgets
    token_key: str


class Assembler:
    """Answers page requests; for one event loop.

    A failing store, log or step never fails a request while a lower rung has a page.
    """

    def __init__(self, parts: PageParts) -> None:
        self._parts = parts
        self._ladder = Ladder()

    async def page(self, request: PageRequest) -> bytes:
        """Answer a page request as JSON.

        Raises:
            Problem: no static page is loaded yet (503).
        """
        steps, admission = self._steps(request.request_id), self._parts.admission
        with ExitStack() as progress:
            enter = partial(_entered, progress, admission)
            in_time = steps.optional("admission", enter, default=True)
            try:
                return await self._assemble(request, steps, in_time=in_time)
            except StepFailed:
                return self._last_resort(request, steps)
            except Exception:  # noqa: BLE001 a step returned a value that later steps cannot use
                steps.fail("ladder")
                return self._last_resort(request, steps)

    def _steps(self, request_id: str) -> StepRunner:
        parts = self._parts
        return StepRunner(parts.telemetry, parts.clock, parts.budgets, request_id)

    async def _assemble(self, request: PageRequest, steps: StepRunner, *, in_time: bool) -> bytes:
        """Run every step of a page; each rung of the ladder runs them with another plan.

        Raises:
            StepFailed: a step failed that all rungs share, or no static page is loaded.
        """
        plan = steps.required("plan", partial(self._plan, request))
        signals = await self._hydrate(request, plan, steps) if in_time else NOT_ADMITTED
        context = steps.required("context", partial(self._context, request, plan, signals))
        context = steps.optional("context", partial(with_masks, context, steps), context)
        steps.optional("context", partial(_report_missing, context, steps), None)
        for rung, minimum_rows in self._ladder.descend(context, steps):
            with suppress(StepFailed):
                context = steps.required("relevance", partial(_with_relevance, rung))
                offered = steps.required("sources", partial(_candidate_rows, context, steps))
                allowed = steps.required("filter", partial(apply_filters, context, offered))
                ranker, layout = context.plan.ranker, context.plan.layout
                ranked = steps.required("score", partial(ranker, context, allowed))
                placed = steps.required("layout", partial(layout, context, ranked))
                greedy = steps.required("evidence", partial(_page_of, context, placed))
                if len(greedy.rows) < minimum_rows:
                    continue
                if not greedy.rows:
                    steps.report("nothing_allowed")
                page = steps.optional("explore", partial(self._explore, greedy, context), greedy)
                body = self._encode(page, steps)
                if not steps.optional("log", partial(self._log, page, steps), default=False):
                    steps.report(UNLOGGED)
                    body = self._encode(greedy, steps)
                if context.trace is not None:
                    context.trace.record(offered, allowed, placed)
                    logger.info("page %s: %s", page.page_id, context.trace.summary())
                steps.optional("finish", partial(self._finish, greedy.rung, steps), None)
                return body
        raise StepFailed("ladder")

    def _last_resort(self, request: PageRequest, steps: StepRunner) -> bytes:
        """The static page, made without the steps that failed.

        Raises:
            Problem: no static page is loaded yet (503).
        """
        plan = steps.optional("plan", self._parts.planner.default_plan, None)
        if plan is None or plan.static_page is None:
            raise problem(
                503,
                "Nothing to show yet",
                "Run `marquee nightly` or import a catalog, then send the request again.",
                retry_after_s=5,
            )
        steps.report(UNLOGGED)
        self._parts.telemetry.pages_not_logged.inc()
        body = last_resort_bytes(request, plan, plan.static_page, steps)
        steps.optional("finish", partial(self._finish, "static", steps), None)
        return body

    async def more(self, request: MoreRequest) -> bytes:
        """Answer a request for a further part of a page: the same layout, filtered again.

        Raises:
            Problem: there is no such page for this caller, or it cannot be read.
        """
        parts = self._parts
        page = await parts.pages.find(request)
        view = parts.planner.plan_of_arm(page.arm).snapshot.view
        part, steps = part_of(page, request, view), self._steps(page.page_id)
        if not steps.optional("log", partial(self._log_part, part, request, view), default=False):
            steps.report(UNLOGGED)
        return part_bytes(part, view, steps.degraded)

    def _log_part(self, part: Part, request: MoreRequest, view: CatalogView) -> bool:
        """Whether the log accepts the record of the part."""
        page = part.page
        return self._parts.exposures.offer(
            part_event(part, request, view),
            request.now_ms,
            page.profile_id,
            page.device,
            country=page.country,
        )

    def similar(self, title_id: str, count: int, ceiling: int, country: str | None) -> bytes:
        """Answer a request for titles similar to a title, safe for the ceiling and country.

        Raises:
            Problem: there is no such title, or it may not be shown to this caller.
        """
        snapshot = self._parts.planner.plan(Caller(None, ceiling, country)).snapshot
        number = snapshot.view.number_of(TitleId(title_id))
        mask = snapshot.view.allowed(ceiling, country, self._parts.clock.now_ms())
        if number == UNKNOWN or not mask[number]:
            raise not_found("title")
        numbers, _ = snapshot.similar(number)
        return similar_bytes(
            title_id,
            snapshot.generation.manifest.generation_id or None,
            numbers[mask[numbers]][:count].tolist(),
            snapshot.view,
        )

    def _plan(self, request: PageRequest) -> PagePlan:
        return self._parts.planner.plan(caller_of(request))

    async def _hydrate(
        self, request: PageRequest, plan: PagePlan, steps: StepRunner
    ) -> ProfileSignals:
        """The signals of the profile, then the counts of trending titles in its country."""
        deadlines = self._parts.deadlines
        read_profile = partial(self._read_profile, request, plan)
        signals = await steps.awaited("hydrate", read_profile, deadlines.hydrate_ms, NOT_READ)
        if not plan.snapshot.published:
            return signals
        read_trending = partial(self._with_trending, request, plan, signals)
        without = replace(signals, missing=(*signals.missing, "trending"))
        return await steps.awaited("trending", read_trending, deadlines.hydrate_ms, without)

    async def _read_profile(self, request: PageRequest, plan: PagePlan) -> ProfileSignals:
        snapshot = plan.snapshot
        signals = await self._parts.hydrator.hydrate(
            request.profile_id, snapshot.generation.manifest.generation_id, snapshot.encoder_id
        )
        if not isinstance(signals, ProfileSignals):
            raise TypeError(f"the hydrator returned {type(signals).__name__}")
        return signals

    async def _with_trending(
        self, request: PageRequest, plan: PagePlan, signals: ProfileSignals
    ) -> ProfileSignals:
        country = country_of(caller_of(request), signals)
        z, complete = await self._parts.trending.z(plan.snapshot, country)
        missing = signals.missing if complete else (*signals.missing, "trending")
        return replace(signals, trending=z, missing=missing)

    def _context(
        self, request: PageRequest, plan: PagePlan, signals: ProfileSignals
    ) -> RequestContext:
        remembered = self._parts.pages.remembered(request.profile_id)
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
        if page.rung != "fresh" or not self._parts.exposures.accepts():
            return page
        explored = explore(page, context, self._parts.token_key)
        pairs = zip(explored.rows, page.rows, strict=True)
        check_showable([row for row, greedy in pairs if row is not greedy], context)
        return explored

    def _encode(self, page: Page, steps: StepRunner) -> bytes:
        """The page as bytes; a plain encoder replaces the usual one if that fails."""
        more = steps.optional("store", partial(self._store, page, steps), None)
        rows = steps.optional("respond", partial(page_rows, page), None)
        if rows is not None:
            body = steps.optional("respond", partial(_body, page, rows, more, steps), b"")
            if body:
                return body
        steps.report("step:respond")
        return steps.required("respond", partial(plain_page_bytes, page, steps))

    def _store(self, page: Page, steps: StepRunner) -> str | None:
        """Store the page for scrolling; return the address of its next part, if there is one."""
        stored, pages = stored_page(replace(page, degraded=steps.degraded)), self._parts.pages
        if page.rung in {"fresh", "stored"}:
            pages.remember(stored, page.request.shape)
        return pages.store(stored, page.request)

    def _log(self, page: Page, steps: StepRunner) -> bool:
        """Send the record of the page to the log; return whether the log accepts it."""
        request = page.request
        return self._parts.exposures.offer(
            served_event(replace(page, degraded=steps.degraded)),
            request.now_ms,
            request.profile_id,
            request.device,
            country=page.safety.country,
            utc_offset_min=request.utc_offset_min,
        )

    def _finish(self, rung: Rung, steps: StepRunner) -> None:
        """Count the page, and record its cost for admission."""
        telemetry = self._parts.telemetry
        telemetry.pages.labels(rung).inc()
        for cause in steps.degraded:
            telemetry.degraded.labels(cause).inc()
        steps.observe()
        if rung in {"fresh", "stored"}:
            awaited_ms = sum(steps.duration_ms.get(step, 0.0) for step in ("hydrate", "trending"))
            self._parts.admission.record_cost((steps.total_ms - awaited_ms) / 1000)


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


def _candidate_rows(context: RequestContext, steps: StepRunner) -> list[Row]:
    """The rows of all sources; a source that raises loses only its own rows."""
    limit, rows = steps.rows_per_source, list[Row]()
    for name, source in context.plan.sources.items():
        offered = steps.optional_part(f"source:{name}", partial(_rows_of, source, limit), context)
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


def _page_of(context: RequestContext, placed: Sequence[PlacedRow]) -> Page:
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


def _body(page: Page, rows: tuple[RowAnswer, ...], more: str | None, steps: StepRunner) -> bytes:
    page = replace(page, degraded=steps.degraded)
    return page_bytes(page, rows, more, steps.duration_ms if page.request.debug else None)
