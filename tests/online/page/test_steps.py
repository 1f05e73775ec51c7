"""Steps: a defect in any of them is named in `degraded`, and the request is still answered."""

import asyncio
import json
import time
from collections.abc import Iterator, Sequence
from dataclasses import replace

import pytest

from online.page.context import RequestContext, Trace
from online.page.model import RankedRow, Row
from online.page.sources.registry import SOURCES
from online.page.steps import StepRunner
from online.settings import WorkBudgets
from online.telemetry import Telemetry
from shared.clock import ManualClock
from tests.online.harness import Answer, ReplicaHarness
from tests.online.samples import NOW, digest_of, watched

ASSEMBLE = "online.page.assemble."
PLANNER = "online.page.planner."


def broken(*_: object, **__: object) -> None:
    raise ZeroDivisionError("a defect")


class TestADefectIn:
    """Each case has a defect in one step, in every rung that uses the step."""

    @pytest.mark.parametrize(
        ("target", "name", "rung"),
        [
            (ASSEMBLE + "with_masks", "step:context", "static"),
            (PLANNER + "catalog_relevance", "step:relevance", "static"),
            (ASSEMBLE + "candidate_rows", "step:sources", "static"),
            (ASSEMBLE + "apply_filters", "step:filter", "static"),
            (PLANNER + "hand_set_ranker", "step:score", "static"),
            (PLANNER + "stagewise_layout", "step:layout", "static"),
            (ASSEMBLE + "finished_page", "step:evidence", "static"),
            (ASSEMBLE + "explore", "step:explore", "fresh"),
            (ASSEMBLE + "stored_page", "step:store", "fresh"),
            (ASSEMBLE + "page_rows", "step:respond", "fresh"),
            (ASSEMBLE + "served_event", "step:log", "fresh"),
        ],
    )
    def test_a_failed_step_is_named_in_the_page(
        self,
        harness: ReplicaHarness,
        monkeypatch: pytest.MonkeyPatch,
        target: str,
        name: str,
        rung: str,
    ) -> None:
        monkeypatch.setattr(target, broken)
        page = harness.page()
        assert page.rung == rung
        assert name in page.degraded
        assert page.ids()
        failures = f'marquee_online_step_failures_total{{step="{name}"}}'
        assert failures.encode() in harness.service.metrics()

    def test_a_failed_read_gives_a_page_without_signals(
        self, harness: ReplicaHarness, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr(harness.service.components.hydrator, "hydrate", broken)
        page = harness.page()
        assert page.rung == "popular"
        assert "step:hydrate" in page.degraded

    def test_details_that_cannot_be_encoded_are_left_out(
        self, harness: ReplicaHarness, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr(ASSEMBLE + "page_rows", lambda _: (object(),))
        page = harness.page()
        assert (page.rung, page.degraded) == ("fresh", ["step:respond"])
        assert page.ids()
        assert not any("artwork" in tile for row in page.rows for tile in row["tiles"])

    @pytest.mark.parametrize("source", list(SOURCES))
    def test_a_failed_source_loses_only_its_rows(
        self, harness: ReplicaHarness, monkeypatch: pytest.MonkeyPatch, source: str
    ) -> None:
        monkeypatch.setattr(PLANNER + "SOURCES", {**SOURCES, source: broken})
        page = harness.page()
        assert (page.rung, page.degraded) == ("fresh", [f"source:{source}"])

    @pytest.mark.parametrize("name", ["disliked", "finished", "started", "on_my_list"])
    def test_a_taste_filter_opens(
        self, harness: ReplicaHarness, monkeypatch: pytest.MonkeyPatch, name: str
    ) -> None:
        from online.page import filters

        table = "TASTE_FILTERS" if name in filters.TASTE_FILTERS else "DISCOVERY_FILTERS"
        monkeypatch.setattr(filters, table, {**getattr(filters, table), name: broken})
        page = harness.page()
        assert (page.rung, page.degraded) == ("fresh", [f"filter:{name}"])

    def test_the_safety_filters_closes_all_but_the_static_page(
        self, harness: ReplicaHarness, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        view = type(harness.service.published().snapshot.view)
        allowed = view.allowed

        def fails_for_the_whole_catalog(self: object, *arguments: object) -> object:
            if self is harness.service.published().snapshot.view:
                raise ZeroDivisionError("a defect")
            return allowed(self, *arguments)  # type: ignore[arg-type]

        monkeypatch.setattr(view, "allowed", fails_for_the_whole_catalog)
        page = harness.page(ceiling=0)
        assert page.rung == "static"
        assert "step:context" in page.degraded
        assert {int(title[1:]) % 5 for title in page.ids()} == {0}

    def test_a_lower_rung_names_the_step_too(
        self, harness: ReplicaHarness, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        harness.page()
        monkeypatch.setattr(PLANNER + "stagewise_layout", broken)
        page = harness.page(request_id="r-2")
        assert (page.rung, page.degraded) == ("remembered", ["step:layout"])


class TestBudgets:
    def runner(self) -> tuple[StepRunner, ManualClock, Telemetry]:
        clock, telemetry = ManualClock(NOW), Telemetry()
        budgets = WorkBudgets(step_ms=20, part_ms=10)
        return StepRunner(telemetry, clock, budgets, "r-1"), clock, telemetry

    def test_a_slow_step_is_named_and_its_result_is_used(self) -> None:
        steps, clock, telemetry = self.runner()

        def slow() -> int:
            clock.advance_ms(21)
            return 7

        assert steps.required("score", slow) == 7
        assert steps.degraded == ("overrun:step:score",)
        assert steps.duration_ms == {"score": 21.0}
        counted = b'marquee_online_step_overruns_total{step="step:score"} 1.0'
        assert counted in telemetry.exposition()

    def test_a_slow_part_is_named(self) -> None:
        steps, clock, _ = self.runner()
        steps.optional_part("source:new", clock.advance_ms, 11)
        assert steps.degraded == ("overrun:source:new",)

    def test_an_awaited_step_ends_at_its_deadline(self) -> None:
        steps, _, _ = self.runner()
        began_s = time.monotonic()
        result = asyncio.run(steps.awaited("hydrate", "missing", 20, asyncio.sleep, 30, "late"))
        assert result == "missing"
        assert steps.degraded == ("step:hydrate",)
        assert time.monotonic() - began_s < 10

    def test_a_source_that_offers_too_many_rows_is_cut_and_named(
        self, harness: ReplicaHarness, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        def endless(context: RequestContext) -> Iterator[Row]:
            while True:
                yield from SOURCES["popular"](context)

        monkeypatch.setattr(PLANNER + "SOURCES", {**SOURCES, "popular": endless})
        page = harness.page()
        assert (page.rung, page.degraded) == ("fresh", ["overrun:source:popular"])


def test_another_ranker_decides_on_the_page(
    harness: ReplicaHarness, monkeypatch: pytest.MonkeyPatch
) -> None:
    def worst_first(context: RequestContext, rows: Sequence[Row]) -> list[RankedRow]:
        scores = context.relevance.scores
        return [RankedRow(row, row.numbers[::-1], 1 - scores[row.numbers[::-1]]) for row in rows]

    usual = harness.page(request_id="r-1").ids("top_picks")
    monkeypatch.setattr(PLANNER + "hand_set_ranker", worst_first)
    page = harness.page(request_id="r-1")
    assert page.degraded == []
    assert page.ids("top_picks") != usual


def test_a_trace_has_the_candidates_of_each_step(
    harness: ReplicaHarness, monkeypatch: pytest.MonkeyPatch
) -> None:
    traces: list[Trace] = []

    def record(self: Trace, *stages: object) -> None:
        traces.append(replace(Trace(), **dict(zip(Trace.__slots__, stages, strict=True))))  # type: ignore[arg-type]

    monkeypatch.setattr(Trace, "record", record)
    harness.put_digest(digest_of(watched=(watched(4),)))
    harness.page()
    assert traces == []
    debug = Answer(
        json.loads(asyncio.run(harness.service.assembler.page(harness.request(debug=True))))
    )
    [trace] = traces
    assert len(trace.retrieved) >= len(trace.filtered) >= len(trace.placed) >= len(debug.rows)
    assert trace.placed[0].row.kind.name == debug.rows[0]["kind"]
