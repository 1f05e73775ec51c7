"""The ladder: what a member sees as one thing after another is switched off."""

import asyncio
import json
import os
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

import pytest

from online.page.admission import Admission
from online.page.request import page_request
from online.page.sources.registry import SOURCES
from online.problems import Problem
from online.service import build_service
from shared.api.request import PageQuery, ProfilePath
from shared.catalog.titles import Window
from shared.errors import LogUnavailable
from shared.events.catalog import TitleWithdrawn
from shared.ids import ProfileId, TitleId
from shared.log.port import Partition
from shared.records.digest import Facts
from shared.records.page import STATIC_PAGE_DOCUMENT
from shared.records.static_page import build_static_page, encode_static_page
from shared.store.tables import PROFILE_CANDIDATES, PROFILE_EXPOSURES, PROFILE_STATE, TALLY_TOTALS
from tests.online.faults import FaultyStore
from tests.online.kit import MEMBER, NOW, Answer, Stage, digest_of, title_of, watched


def numbers_of(ids: Sequence[str]) -> list[int]:
    return [int(title[1:]) for title in ids]


def test_without_the_digest_the_precomputed_page_stands_as_it_is(
    stage: Stage, store: FaultyStore
) -> None:
    stage.put_candidates(
        {"top_picks": range(20, 40), "genre": range(100, 120), "mood": range(200, 210)},
        disliked=(TitleId("t21"),),
    )
    store.down = frozenset({PROFILE_STATE.name})
    page = stage.page()
    assert page.rung == "stored"
    assert page.kinds() == ["top_picks", "genre", "mood"]
    assert page.ids("top_picks") == [f"t{n}" for n in range(20, 40) if n != 21]
    assert "digest" in page.degraded


def test_the_precomputed_page_keeps_the_ceiling_that_the_profile_had(
    stage: Stage, store: FaultyStore
) -> None:
    stage.put_candidates({"top_picks": range(40), "genre": range(100, 140)}, maturity_ceiling=7)
    store.down = frozenset({PROFILE_STATE.name})
    assert {n % 5 for n in numbers_of(stage.page(ceiling=18).ids())} == {0, 1}


def test_without_the_store_the_last_page_comes_again(stage: Stage, store: FaultyStore) -> None:
    stage.put_digest(digest_of(watched=(watched(4),)))
    before = stage.page()
    store.down = frozenset({"*"})
    after = stage.page(request_id="r-2")
    assert after.rung == "remembered"
    assert {"digest", "candidates", "exposures"} <= set(after.degraded)
    assert after.ids() == before.ids()
    assert after.row("continue_watching")["tiles"][0]["progress"] == 0.5  # type: ignore[index]
    assert not [tile for row in after.rows for tile in row["tiles"] if "token" in tile]
    assert after.more is None


def test_the_last_page_is_filtered_again(stage: Stage, store: FaultyStore) -> None:
    assert "t0" in stage.page().ids()
    store.down = frozenset({"*"})
    stage.announce(TitleWithdrawn(title_id=TitleId("t0")))
    stage.look()
    page = stage.page(ceiling=7, request_id="r-2")
    assert page.rung == "remembered"
    assert "t0" not in page.ids()
    assert {n % 5 for n in numbers_of(page.ids())} <= {0, 1}


class TestABusyReplica:
    def answers(self, stage: Stage, names: Sequence[str]) -> list[Answer]:
        """As many pages as names, all asked for at once, of a replica that has time for three."""
        parts = stage.service.assembler._parts
        stage.service.assembler._parts = replace(
            parts, admission=Admission(max_wait_s=0.02, cost_s=0.01)
        )

        async def ask() -> list[bytes]:
            requests = [
                stage.request(request_id=f"r-{name}", profile_id=ProfileId(name)) for name in names
            ]
            return list(
                await asyncio.gather(
                    *(stage.service.assembler.page(request) for request in requests)
                )
            )

        return [Answer(json.loads(answer)) for answer in asyncio.run(ask())]

    def test_answers_from_memory_what_would_come_too_late(self, stage: Stage) -> None:
        stage.page(ProfileId("known"))
        pages = self.answers(stage, ["a", "b", "c", "known", "stranger"])
        assert [page.rung for page in pages] == ["fresh", "fresh", "fresh", "remembered", "static"]
        assert "busy" in pages[3].degraded
        assert pages[4].ids()

    def test_keeps_the_ceiling_that_the_profile_had(self, stage: Stage) -> None:
        stage.put_digest(digest_of(facts=Facts(7, "US", ("en",), None)), ProfileId("child"))
        stage.page(ProfileId("child"))
        page = self.answers(stage, ["a", "b", "c", "child"])[3]
        assert page.rung == "remembered"
        assert {n % 5 for n in numbers_of(page.ids())} <= {0, 1}

    def test_makes_pages_in_full_again_once_there_is_time(self, stage: Stage) -> None:
        self.answers(stage, list("abcdefgh"))
        assert stage.page().rung == "fresh"


def test_a_child_stays_a_child_when_the_store_is_gone(stage: Stage, store: FaultyStore) -> None:
    stage.put_digest(digest_of(facts=Facts(7, "US", ("en",), None)))
    stage.page()
    store.down = frozenset({"*"})
    page = stage.page(ceiling=18, request_id="r-2")
    assert {n % 5 for n in numbers_of(page.ids())} <= {0, 1}


def test_a_stranger_without_the_store_gets_what_is_popular(
    stage: Stage, store: FaultyStore
) -> None:
    store.down = frozenset({"*"})
    page = stage.page()
    assert page.rung == "popular"
    assert {"t0", "t1", "t2"} <= set(page.ids())
    assert not [tile for row in page.rows for tile in row["tiles"] if "token" in tile]


def test_nobody_known_and_nothing_claimed_means_a_kids_page(
    stage: Stage, store: FaultyStore
) -> None:
    store.down = frozenset({"*"})
    page = stage.page(ceiling=None, country=None)
    assert page.ids()
    assert {n % 5 for n in numbers_of(page.ids())} <= {0, 1}


@pytest.mark.parametrize(
    ("table", "missing"),
    [
        (PROFILE_EXPOSURES.name, "exposures"),
        (PROFILE_CANDIDATES.name, "candidates"),
        (TALLY_TOTALS.name, "trending"),
    ],
)
def test_one_table_down_costs_only_what_it_holds(
    stage: Stage, store: FaultyStore, table: str, missing: str
) -> None:
    store.down = frozenset({table})
    page = stage.page()
    assert (page.rung, page.degraded) == ("fresh", [missing])
    assert len(page.rows) == 12


def test_the_store_comes_back_and_so_does_the_page(stage: Stage, store: FaultyStore) -> None:
    store.down = frozenset({"*"})
    for attempt in range(20):
        stage.page(request_id=f"r-{attempt}")
    assert stage.service.breaker.is_open
    store.down = frozenset()
    stage.clock.advance_ms(5_000)
    for attempt in range(3):
        stage.page(request_id=f"again-{attempt}")
    page = stage.page(request_id="at last")
    assert (page.rung, page.degraded) == ("fresh", [])


def test_a_defect_in_a_rung_serves_the_next_one_and_is_counted(
    stage: Stage, monkeypatch: pytest.MonkeyPatch
) -> None:
    def broken(*_: object) -> None:
        raise ZeroDivisionError("a defect")

    monkeypatch.setattr("online.page.planner.stagewise_layout", broken)
    page = stage.page()
    assert (page.rung, page.degraded) == ("static", ["step:layout"])
    assert page.ids()
    failures = b'marquee_online_step_failures_total{step="step:layout"}'
    assert failures in stage.service.metrics()


class TestBeforeTheFirstGeneration:
    def test_there_is_nothing_to_show(self, bare: Stage) -> None:
        bare.look()
        assert not bare.service.published().ready
        with pytest.raises(Problem) as problem:
            bare.page()
        assert problem.value.status == 503

    def test_the_static_page_made_at_import_is_shown(self, bare: Stage) -> None:
        bare.artifacts.put_document(
            STATIC_PAGE_DOCUMENT, encode_static_page(build_static_page(bare.titles, NOW))
        )
        bare.look()
        assert bare.service.published().ready
        page = bare.page(ceiling=None, country=None)
        assert (page.rung, page.generation) == ("static", None)
        assert page.ids()
        assert {n % 5 for n in numbers_of(page.ids())} <= {0, 1}

    def test_a_static_page_is_made_of_the_catalog_topic_if_there_is_none(self, bare: Stage) -> None:
        for title in bare.titles[:50]:
            bare.launch(title)
        bare.look()
        assert bare.page().rung == "static"

    def test_a_takedown_reaches_the_static_page(self, bare: Stage) -> None:
        bare.artifacts.put_document(
            STATIC_PAGE_DOCUMENT, encode_static_page(build_static_page(bare.titles, NOW))
        )
        for title in bare.titles[:50]:
            bare.launch(title)
        bare.look()
        assert "t0" in bare.page().ids()
        bare.launch(title_of(0, windows=(Window("FR", 0),)))
        bare.look()
        assert "t0" not in bare.page().ids()


class TestRestart:
    def restarted(self, stage: Stage, folder: Path) -> Stage:
        """A new process over the same ports and the same folder."""
        stage.service = build_service(
            stage.store, stage.log, stage.artifacts, folder, stage.settings, stage.clock
        )
        stage.look()
        return stage

    def test_a_replica_starts_from_its_own_disk_when_store_and_artifacts_are_gone(
        self, stage: Stage, store: FaultyStore
    ) -> None:
        store.down = frozenset({"*"})
        stage.artifacts._documents.clear()
        again = self.restarted(stage, stage.folder)
        assert again.page().generation == "g1"

    def test_a_generation_that_cannot_be_loaded_leaves_the_one_before(self, stage: Stage) -> None:
        stage.publish_pointer("broken")
        assert stage.page().generation == "g1"


def test_a_log_that_is_gone_leaves_the_catalog_as_it_was(
    stage: Stage, monkeypatch: pytest.MonkeyPatch
) -> None:
    def gone(_: Partition) -> int:
        raise LogUnavailable("no broker")

    monkeypatch.setattr(stage.log, "end_offset", gone)
    stage.look()
    assert stage.page().rung == "fresh"


def test_a_flip_of_the_pointer_changes_the_generation_and_a_rollback_needs_no_load(
    stage: Stage,
) -> None:
    stage.publish("g2")
    assert stage.page().generation == "g2"
    stage.artifacts._documents.clear()
    stage.publish_pointer("g1")
    assert stage.page().generation == "g1"


def test_a_request_keeps_the_snapshot_of_its_plan(
    stage: Stage, monkeypatch: pytest.MonkeyPatch
) -> None:
    snapshot = stage.service.published().snapshot

    def flip(_: object) -> list[object]:
        stage.publish("g2")
        return []

    monkeypatch.setattr("online.page.planner.SOURCES", {"flip": flip, **SOURCES})
    assert stage.page().generation == "g1"
    assert stage.service.published().snapshot is not snapshot


def test_no_profile_id_makes_an_answer_fail(stage: Stage) -> None:
    for profile in ("ü", "a b", "'; drop table", "x" * 128, MEMBER):
        request = page_request(ProfilePath(profile_id=profile), PageQuery(), "r", NOW)
        assert asyncio.run(stage.service.assembler.page(request))


def test_a_scrape_says_which_replica_answered(stage: Stage) -> None:
    assert (
        f'marquee_online_replica_info{{process="{os.getpid()}"}} 1.0'.encode()
        in stage.service.metrics()
    )
