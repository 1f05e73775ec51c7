"""Defects that stay: every request is still answered by a safe page that names what failed."""

from collections.abc import Callable, Sequence
from dataclasses import replace
from typing import Any

import numpy as np
import pytest

from online.page.context import RequestContext
from online.page.model import Page, PlacedRow, RankedRow, Relevance, Row
from online.page.sources.registry import SOURCES
from online.page.sources.top_picks import TOP_PICKS
from shared.events.catalog import TitlePublished, TitleWithdrawn
from shared.ids import TitleId
from shared.records.page import STATIC_PAGE_DOCUMENT
from shared.records.static_page import build_static_page, encode_static_page
from tests.online.harness import Answer, ReplicaHarness
from tests.online.samples import MEMBER, NOW, digest_of, play, title_of, watched

ASSEMBLE = "online.page.assemble."
LADDER = "online.page.ladder."
PLANNER = "online.page.planner."
FILTERS = "online.page.filters."
VIEW = "online.published.catalog_view.CatalogView."
CEILING = 12
WITHDRAWN = "t0"

STATIC = "static"
FRESH = "fresh"
DEFECTS = [
    (ASSEMBLE + "candidate_rows", "step:sources", STATIC),
    (ASSEMBLE + "apply_filters", "step:filter", STATIC),
    (ASSEMBLE + "finished_page", "step:evidence", STATIC),
    ("online.page.row_kind.RowKind.reason", "step:evidence", STATIC),
    ("online.page.model.Row.only", "step:filter", STATIC),
    (ASSEMBLE + "safety_of", "step:context", STATIC),
    (FILTERS + "country_of", "step:context", STATIC),
    (FILTERS + "viewed_titles", "step:context", STATIC),
    (VIEW + "allowed", "step:context", STATIC),
    (ASSEMBLE + "_report_missing", "step:context", FRESH),
    (LADDER + "rungs_of", "step:ladder", STATIC),
    (PLANNER + "Planner.plan", "step:plan", STATIC),
    ("online.page.admission.Admission.page", "step:admission", FRESH),
    ("online.page.served.stored_pages.StoredPages.remembered", "step:context", STATIC),
    ("online.page.served.stored_pages.StoredPages.store", "step:store", FRESH),
    ("online.page.served.exposure_log.ExposureLog.offer", "step:log", FRESH),
    ("online.page.served.exposure_log.ExposureLog.accepts", "step:explore", FRESH),
    ("online.page.signals.trending.Trending.z", "step:trending", FRESH),
    ("online.page.signals.trending.z_scores", "step:trending", FRESH),
    ("online.page.signals.hydrate.record_at", "step:hydrate", "popular"),
    ("online.published.catalog_feed.CatalogFeed.age_ms", "catalog", FRESH),
]


def broken(*_: object, **__: object) -> Any:
    raise ZeroDivisionError("a defect")


@pytest.fixture
def member(harness: ReplicaHarness) -> ReplicaHarness:
    """A replica with a member who has a history, and a title that was withdrawn."""
    harness.put_digest(
        digest_of(plays=(play(16), play(40)), watched=(watched(4),), my_list=(TitleId("t8"),))
    )
    harness.put_trending("US", {"t3": 30.0}, {"t3": 30.0})
    harness.announce(TitleWithdrawn(title_id=TitleId(WITHDRAWN)), "w")
    harness.poll()
    return harness


def checked_page(harness: ReplicaHarness) -> Answer:
    """A page for the ceiling, none of whose titles is withdrawn or too mature."""
    page = harness.page(ceiling=CEILING)
    assert page.ids()
    assert WITHDRAWN not in page.ids()
    assert all(int(title[1:]) % 5 < 3 for title in page.ids())
    return page


@pytest.mark.parametrize(
    ("target", "name", "rung"), DEFECTS, ids=[target for target, *_ in DEFECTS]
)
def test_a_defect_in_a_step_of_every_rung_serves_a_safe_page(
    member: ReplicaHarness, monkeypatch: pytest.MonkeyPatch, target: str, name: str, rung: str
) -> None:
    monkeypatch.setattr(target, broken)
    page = checked_page(member)
    assert page.rung == rung
    assert name in page.degraded


@pytest.mark.parametrize("function", ["record_cost", "observe"])
def test_a_defect_in_the_metrics_of_a_page_changes_nothing(
    member: ReplicaHarness, monkeypatch: pytest.MonkeyPatch, function: str
) -> None:
    owner = {"record_cost": "admission.Admission.", "observe": "steps.StepRunner."}[function]
    monkeypatch.setattr("online.page." + owner + function, broken)
    assert checked_page(member).rung == FRESH
    assert b'step_failures_total{step="step:finish"} 1.0' in member.service.metrics()


def rows_of(*numbers: int) -> Callable[[RequestContext], list[Row]]:
    return lambda _: [Row(TOP_PICKS, "x", "1", np.array(numbers, np.int32))]


@pytest.mark.parametrize("source", list(SOURCES))
@pytest.mark.parametrize(
    "nonsense", [lambda _: None, lambda _: [None], rows_of(99_999)], ids=["None", "no row", "range"]
)
def test_invalid_rows_of_a_source_remove_only_that_source(
    member: ReplicaHarness, monkeypatch: pytest.MonkeyPatch, source: str, nonsense: Any
) -> None:
    monkeypatch.setattr(PLANNER + "SOURCES", {**SOURCES, source: nonsense})
    page = checked_page(member)
    assert (page.rung, page.degraded) == (FRESH, [f"source:{source}"])


class TestATitleThatMayNotBeShown:
    """Filters run first; a later step that brings such a title back loses its page."""

    def test_is_not_placed_by_the_ranker(
        self, member: ReplicaHarness, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        def anything(_: RequestContext, rows: Sequence[Row]) -> list[RankedRow]:
            every = np.arange(60, dtype=np.int32)
            return [RankedRow(row, every, np.ones(60, np.float32)) for row in rows]

        monkeypatch.setattr(PLANNER + "hand_set_ranker", anything)
        assert "step:evidence" in checked_page(member).degraded

    def test_is_not_placed_by_the_layout(
        self, member: ReplicaHarness, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        def anything(_: RequestContext, rows: Sequence[RankedRow]) -> tuple[PlacedRow, ...]:
            return tuple(PlacedRow(ranked.row, tuple(range(20))) for ranked in rows)

        monkeypatch.setattr(PLANNER + "stagewise_layout", anything)
        assert "step:evidence" in checked_page(member).degraded

    def test_is_not_drawn(self, member: ReplicaHarness, monkeypatch: pytest.MonkeyPatch) -> None:
        def anything(page: Page, *_: object) -> Page:
            return replace(page, rows=tuple(replace(row, numbers=(0, 3)) for row in page.rows))

        monkeypatch.setattr(ASSEMBLE + "explore", anything)
        page = checked_page(member)
        assert (page.rung, page.degraded) == (FRESH, ["step:explore"])

    def test_is_not_kept_by_the_filters(
        self, member: ReplicaHarness, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr(ASSEMBLE + "apply_filters", lambda _, rows: rows)
        every = Relevance(np.ones(400, np.float32), np.arange(400, dtype=np.int32), "popularity")
        monkeypatch.setattr(PLANNER + "catalog_relevance", lambda _: every)
        assert "step:evidence" in checked_page(member).degraded

    @pytest.mark.parametrize("changes", [{"maturity": 18}, {"launch_ms": NOW + 1}, {"windows": ()}])
    def test_is_not_on_the_page_of_last_resort(
        self, member: ReplicaHarness, monkeypatch: pytest.MonkeyPatch, changes: dict[str, Any]
    ) -> None:
        monkeypatch.setattr(ASSEMBLE + "apply_filters", broken)
        assert "t5" in checked_page(member).ids()
        member.announce(TitlePublished(title=title_of(5, **changes)), "change")
        member.poll()
        assert "t5" not in checked_page(member).ids()


def test_a_title_withdrawn_before_the_replica_started_is_not_on_the_static_page(
    bare: ReplicaHarness,
) -> None:
    """The compacted topic holds the withdrawal only, and the imported page is older."""
    page = encode_static_page(build_static_page(bare.titles, NOW))
    bare.artifacts.put_document(STATIC_PAGE_DOCUMENT, page)
    bare.poll()
    assert WITHDRAWN in bare.page(MEMBER).ids()
    bare.announce(TitleWithdrawn(title_id=TitleId(WITHDRAWN)), "w")
    bare.restart()
    answer = bare.page(MEMBER)
    assert answer.rung == STATIC
    assert WITHDRAWN not in answer.ids()


def test_a_failing_log_does_not_fail_a_further_part(
    member: ReplicaHarness, monkeypatch: pytest.MonkeyPatch
) -> None:
    more = member.page(ceiling=CEILING).more
    monkeypatch.setattr("online.page.served.exposure_log.ExposureLog.offer", broken)
    assert member.more(more)["degraded"] == ["step:log", "unlogged"]
