"""One page, from request to bytes; `Assembler.page` reads as the steps of design §7."""

import hashlib
import logging
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, replace

import numpy as np

from online.page.admission import Admission
from online.page.evidence import with_evidence
from online.page.explore import Slot, explore
from online.page.exposure_log import ExposureLog
from online.page.fallback import MIN_ROWS, NOT_READ, StaticRung, remembered_rows, rungs, stored_rows
from online.page.filters import discovery_mask, disliked_mask, enforce, safety_of
from online.page.hydrate import Hydrator
from online.page.layout import lay_out
from online.page.model import (
    MAX_RANKED_TITLES,
    Floats,
    Hydrated,
    Page,
    PageRow,
    RequestContext,
    Row,
    Safety,
)
from online.page.ranking import profile_vector, score
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
from online.page.sources import Source
from online.page.sources.pick import best
from online.page.stored_pages import StoredPages
from online.page.trending import Trending
from online.problems import not_found, problem
from online.published.serving_snapshot import ServingSnapshot
from online.published.snapshot_manager import SnapshotManager
from online.settings import PageSettings
from online.telemetry import Telemetry
from shared.api.page import Rung
from shared.clock import Clock
from shared.ids import PageId, TitleId
from shared.models.port import QueryContext
from shared.records.page import StoredPage
from shared.vocabulary import UNKNOWN

logger = logging.getLogger(__name__)

# Past this age the catalog's takedowns can no longer be counted on, and pages say so.
CATALOG_OLD_MS = 60_000


@dataclass(frozen=True)
class Parts:
    """What an assembler is made of."""

    snapshots: SnapshotManager
    admission: Admission
    hydrator: Hydrator
    trending: Trending
    pages: StoredPages
    exposures: ExposureLog
    telemetry: Telemetry
    clock: Clock
    settings: PageSettings
    sources: Mapping[str, Source]


class Assembler:
    """Answers page requests; for one event loop. Never raises for a profile's, the store's or the
    log's sake.
    """

    def __init__(self, parts: Parts) -> None:
        self._parts = parts
        self._static: StaticRung | None = None

    async def page(self, request: PageRequest) -> bytes:
        """The page as JSON.

        Raises:
            Problem: there is not even a static page yet (503).
        """
        with self._parts.admission.page() as in_time:
            return await self._answer(request, in_time)

    async def _answer(self, request: PageRequest, in_time: bool) -> bytes:
        parts, watch = self._parts, _Watch(self._parts.clock)
        snapshot = parts.snapshots.current
        known, trending = NOT_READ, None
        if in_time:
            with watch.step("hydrate"):
                known = await parts.hydrator.hydrate(
                    request.profile_id,
                    snapshot.generation.manifest.generation_id,
                    snapshot.encoder_id,
                )
                known, trending = await self._with_trending(request, snapshot, known)
        with watch.step("decide"):
            page, moment = self._descend(request, snapshot, known, trending)
        with watch.step("log"):
            page = self._drawn_and_logged(page, moment)
        with watch.step("respond"):
            kept = stored_page(page)
            more = parts.pages.keep(kept, request)
            rows = page_rows(page)
        if page.rung in {"fresh", "stored"}:
            parts.pages.remember(kept, request.shape)
            parts.admission.cost((watch.total_ms - watch.taken_ms["hydrate"]) / 1000)
        self._count(page, watch)
        return page_bytes(page, rows, more, watch.taken_ms if request.debug else None)

    async def more(self, request: MoreRequest) -> bytes:
        """A further part of a page, as laid out then and as may be shown now.

        Raises:
            Problem: no such page for this caller, or it cannot be read.
        """
        parts, snapshot = self._parts, self._parts.snapshots.current
        part = await parts.pages.part(request, snapshot)
        page, event = part.page, part_event(part, request, snapshot.view)
        logged = parts.exposures.offer(
            event, request.now_ms, page.profile_id, page.device, country=page.country
        )
        return part_bytes(part, snapshot.view, () if logged else ("unlogged",))

    def similar(self, title_id: str, count: int, ceiling: int, country: str | None) -> bytes:
        """Titles that go with a title, safe for the ceiling and country.

        Raises:
            Problem: there is no such title, or it may not be shown to this caller.
        """
        snapshot = self._parts.snapshots.current
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

    async def _with_trending(
        self, request: PageRequest, snapshot: ServingSnapshot, known: Hydrated
    ) -> tuple[Hydrated, Floats | None]:
        if not snapshot.published:
            return known, None
        facts, copy = known.digest.facts if known.digest else None, known.candidates
        country = (
            request.country
            or (facts.country if facts else None)
            or (copy.country if copy else None)
        )
        z, complete = await self._parts.trending.z(snapshot, country)
        return known if complete else replace(known, missing=(*known.missing, "trending")), z

    def _descend(
        self,
        request: PageRequest,
        snapshot: ServingSnapshot,
        known: Hydrated,
        trending: Floats | None,
    ) -> tuple[Page, RequestContext | None]:
        """The page of the highest rung that yields one."""
        remembered = self._parts.pages.remembered(request.profile_id)
        best: tuple[Page, RequestContext | None] | None = None
        for rung in rungs(known, snapshot, remembered):
            try:
                made = self._make(rung, request, snapshot, known, trending, remembered)
            except Exception:
                self._parts.telemetry.defects.labels(rung).inc()
                logger.exception("the %s page for request %s failed", rung, request.request_id)
                continue
            if made is not None and len(made[0].rows) >= MIN_ROWS:
                return made
            if made is not None and (best is None or len(made[0].rows) > len(best[0].rows)):
                best = made
        if best is None:
            raise problem(
                503,
                "Nothing to show yet",
                "Run a nightly, or import the static page; then ask again.",
                retry_after_s=5,
            )
        page, moment = best
        # Nothing in the whole catalog may be shown to this profile here: an empty page is the
        # truth.
        return (
            (page, moment)
            if page.rows
            else (replace(page, degraded=(*page.degraded, "nothing_allowed")), None)
        )

    def _make(
        self,
        rung: Rung,
        request: PageRequest,
        snapshot: ServingSnapshot,
        known: Hydrated,
        trending: Floats | None,
        remembered: StoredPage | None,
    ) -> tuple[Page, RequestContext | None] | None:
        """The page of one rung; None where the rung has nothing to make it of."""
        safety = safety_of(
            request, known, snapshot, None if remembered is None else remembered.ceiling
        )
        if rung == "fresh":
            return self._fresh(request, snapshot, known, safety, trending)
        if rung == "stored" and known.candidates is not None:
            rows = with_evidence(
                stored_rows(known, snapshot, safety, request.shape), snapshot.view, None
            )
            return self._page(rung, request, snapshot, known, safety, rows, "stored_order"), None
        if rung == "remembered" and remembered is not None:
            return self._page(
                rung,
                request,
                snapshot,
                known,
                safety,
                remembered_rows(remembered, snapshot, safety),
                "remembered",
            ), None
        if rung == "popular" and snapshot.published:
            page, _ = self._fresh(
                request, snapshot, Hydrated(missing=known.missing), safety, trending
            )
            return replace(page, rung="popular"), None
        if rung == "static":
            return self._static_page(request, snapshot, known, safety)
        return None

    def _fresh(
        self,
        request: PageRequest,
        snapshot: ServingSnapshot,
        known: Hydrated,
        safety: Safety,
        trending: Floats | None,
    ) -> tuple[Page, RequestContext]:
        settings = self._parts.settings
        context = QueryContext(
            request.now_ms, request.utc_offset_min, request.device, safety.country
        )
        vector, scored_by = profile_vector(known, snapshot, context)
        scores = score(snapshot, vector, known, safety.country, settings.ranking)
        discover = discovery_mask(safety, known, snapshot.view)
        candidates = np.flatnonzero(discover).astype(np.int32)
        ordered = best(candidates, scores[candidates], MAX_RANKED_TITLES)
        moment = RequestContext(
            request, snapshot, known, safety, discover, scores, ordered, trending
        )
        offered, failed = self._offered(moment)
        rows = enforce(offered, safety, disliked_mask(known, snapshot.view))
        laid = lay_out(rows, scores, request.shape, settings.layout)
        facts = known.digest.facts if known.digest else None
        told = with_evidence(laid, snapshot.view, facts.name if facts else None)
        page = self._page("fresh", request, snapshot, known, safety, told, scored_by)
        return replace(page, degraded=(*page.degraded, *failed)), moment

    def _offered(self, moment: RequestContext) -> tuple[list[Row], list[str]]:
        """The rows of all sources, and which sources failed."""
        rows: list[Row] = []
        failed: list[str] = []
        for name, source in self._parts.sources.items():
            try:
                rows.extend(source(moment))
            except Exception:
                self._parts.telemetry.defects.labels(name).inc()
                logger.exception("source %s failed for request %s", name, moment.request.request_id)
                failed.append(f"source:{name}")
        return rows, failed

    def _static_page(
        self, request: PageRequest, snapshot: ServingSnapshot, known: Hydrated, safety: Safety
    ) -> tuple[Page, None] | None:
        stored = self._parts.snapshots.static_page()
        if stored is None:
            return None
        if self._static is None or self._static.page is not stored:
            self._static = StaticRung(stored)
        held, rows = self._static.rows(snapshot, safety, request.now_ms)
        return self._page(
            "static", request, self._static.snapshot, known, held, rows, "nothing"
        ), None

    def _page(
        self,
        rung: Rung,
        request: PageRequest,
        snapshot: ServingSnapshot,
        known: Hydrated,
        safety: Safety,
        rows: tuple[PageRow, ...],
        scored_by: str,
    ) -> Page:
        age_ms = self._parts.snapshots.catalog_age_ms()
        old = () if age_ms is not None and age_ms <= CATALOG_OLD_MS else ("catalog",)
        return Page(
            page_id=page_id_of(request),
            request=request,
            snapshot=snapshot,
            safety=safety,
            rows=rows,
            rung=rung,
            policy=self._parts.settings.policy,
            arm=self._parts.settings.arm,
            degraded=(*known.missing, *old),
            signals_as_of_ms=known.digest.as_of_ms if known.digest is not None else None,
            catalog_age_ms=age_ms,
            scored_by=scored_by,
        )

    def _drawn_and_logged(self, page: Page, moment: RequestContext | None) -> Page:
        """The page as logged, with its draw; without any draw when the log does not take it."""
        settings, exposures = self._parts.settings, self._parts.exposures
        logged = page
        if moment is not None and exposures.accepts():
            slot = Slot(page.arm, settings.explore, settings.replica.token_key)
            rows, draws = explore(page.rows, moment, slot)
            logged = replace(page, rows=rows, draws=draws)
        request = page.request
        if exposures.offer(
            served_event(logged),
            request.now_ms,
            request.profile_id,
            request.device,
            country=page.safety.country,
            utc_offset_min=request.utc_offset_min,
        ):
            return logged
        return replace(page, degraded=(*page.degraded, "unlogged"))

    def _count(self, page: Page, watch: "_Watch") -> None:
        telemetry = self._parts.telemetry
        telemetry.pages.labels(page.rung).inc()
        for what in page.degraded:
            telemetry.degraded.labels(what).inc()
        for step, taken_ms in watch.taken_ms.items():
            telemetry.step_seconds.labels(step).observe(taken_ms / 1000)
        telemetry.page_seconds.observe(watch.total_ms / 1000)


def page_id_of(request: PageRequest) -> PageId:
    """The page's id; a retry of the request has the same, and without the request id nobody can
    guess it.
    """
    name = f"page\x00{request.profile_id}\x00{request.request_id}".encode()
    return PageId(hashlib.blake2b(name, digest_size=16).hexdigest())


class _Watch:
    """How long each step took."""

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self.taken_ms: dict[str, float] = {}

    @property
    def total_ms(self) -> float:
        """What the finished steps took together."""
        return sum(self.taken_ms.values())

    @contextmanager
    def step(self, name: str) -> Iterator[None]:
        began = self._clock.monotonic_s()
        yield
        self.taken_ms[name] = round((self._clock.monotonic_s() - began) * 1000, 3)
