"""The ladder: the page of a member while one dependency after another is unavailable."""

import asyncio
import json
import os
from collections.abc import Sequence
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
from tests.online.harness import Answer, ReplicaHarness
from tests.online.samples import MEMBER, NOW, digest_of, title_of, watched


def numbers_of(ids: Sequence[str]) -> list[int]:
    return [int(title[1:]) for title in ids]


def test_without_the_digest_the_precomputed_rows_are_shown_in_their_order(
    harness: ReplicaHarness, store: FaultyStore
) -> None:
    harness.put_candidates(
        {"top_picks": range(20, 40), "genre": range(100, 120), "mood": range(200, 210)},
        disliked=(TitleId("t21"),),
    )
    store.down = frozenset({PROFILE_STATE.name})
    page = harness.page()
    assert page.rung == "stored"
    assert page.kinds() == ["top_picks", "genre", "mood"]
    assert page.ids("top_picks") == [f"t{n}" for n in range(20, 40) if n != 21]
    assert "digest" in page.degraded


def test_the_precomputed_page_applies_the_stored_ceiling(
    harness: ReplicaHarness, store: FaultyStore
) -> None:
    harness.put_candidates({"top_picks": range(40), "genre": range(100, 140)}, maturity_ceiling=7)
    store.down = frozenset({PROFILE_STATE.name})
    assert {n % 5 for n in numbers_of(harness.page(ceiling=18).ids())} == {0, 1}


def test_without_the_store_the_last_page_is_shown_again(
    harness: ReplicaHarness, store: FaultyStore
) -> None:
    harness.put_digest(digest_of(watched=(watched(4),)))
    first_page = harness.page()
    store.down = frozenset({"*"})
    page = harness.page(request_id="r-2")
    assert page.rung == "remembered"
    assert {"digest", "candidates", "exposures"} <= set(page.degraded)
    assert page.ids() == first_page.ids()
    assert page.row("continue_watching")["tiles"][0]["progress"] == 0.5  # type: ignore[index]
    assert not [tile for row in page.rows for tile in row["tiles"] if "token" in tile]
    assert page.more is None


def test_the_last_page_is_filtered_again(harness: ReplicaHarness, store: FaultyStore) -> None:
    assert "t0" in harness.page().ids()
    store.down = frozenset({"*"})
    harness.announce(TitleWithdrawn(title_id=TitleId("t0")))
    harness.poll()
    page = harness.page(ceiling=7, request_id="r-2")
    assert page.rung == "remembered"
    assert "t0" not in page.ids()
    assert {n % 5 for n in numbers_of(page.ids())} <= {0, 1}


class TestABusyReplica:
    def answers(self, harness: ReplicaHarness, names: Sequence[str]) -> list[Answer]:
        """The pages of parallel requests, one for each name, of a replica with time for three."""
        harness.replace_components(admission=Admission(max_wait_s=0.02, cost_s=0.01))

        async def ask() -> list[bytes]:
            requests = [
                harness.request(request_id=f"r-{name}", profile_id=ProfileId(name))
                for name in names
            ]
            return list(
                await asyncio.gather(
                    *(harness.service.assembler.page(request) for request in requests)
                )
            )

        return [Answer(json.loads(answer)) for answer in asyncio.run(ask())]

    def test_answers_late_requests_from_memory(self, harness: ReplicaHarness) -> None:
        harness.page(ProfileId("known"))
        pages = self.answers(harness, ["a", "b", "c", "known", "stranger"])
        assert [page.rung for page in pages] == ["fresh", "fresh", "fresh", "remembered", "static"]
        assert "busy" in pages[3].degraded
        assert pages[4].ids()

    def test_applies_the_ceiling_of_the_last_page(self, harness: ReplicaHarness) -> None:
        harness.put_digest(digest_of(facts=Facts(7, "US", ("en",), None)), ProfileId("child"))
        harness.page(ProfileId("child"))
        page = self.answers(harness, ["a", "b", "c", "child"])[3]
        assert page.rung == "remembered"
        assert {n % 5 for n in numbers_of(page.ids())} <= {0, 1}

    def test_makes_full_pages_after_the_burst(self, harness: ReplicaHarness) -> None:
        self.answers(harness, list("abcdefgh"))
        assert harness.page().rung == "fresh"


def test_a_childs_ceiling_applies_without_the_store(
    harness: ReplicaHarness, store: FaultyStore
) -> None:
    harness.put_digest(digest_of(facts=Facts(7, "US", ("en",), None)))
    harness.page()
    store.down = frozenset({"*"})
    page = harness.page(ceiling=18, request_id="r-2")
    assert {n % 5 for n in numbers_of(page.ids())} <= {0, 1}


def test_a_new_profile_without_the_store_gets_popular_titles(
    harness: ReplicaHarness, store: FaultyStore
) -> None:
    store.down = frozenset({"*"})
    page = harness.page()
    assert page.rung == "popular"
    assert {"t0", "t1", "t2"} <= set(page.ids())
    assert not [tile for row in page.rows for tile in row["tiles"] if "token" in tile]


def test_an_unknown_profile_without_claims_gets_a_kids_page(
    harness: ReplicaHarness, store: FaultyStore
) -> None:
    store.down = frozenset({"*"})
    page = harness.page(ceiling=None, country=None)
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
def test_one_unavailable_table_removes_only_its_signals(
    harness: ReplicaHarness, store: FaultyStore, table: str, missing: str
) -> None:
    store.down = frozenset({table})
    page = harness.page()
    assert (page.rung, page.degraded) == ("fresh", [missing])
    assert len(page.rows) == 12


def test_pages_are_fresh_again_once_the_store_answers(
    harness: ReplicaHarness, store: FaultyStore
) -> None:
    store.down = frozenset({"*"})
    for attempt in range(20):
        harness.page(request_id=f"r-{attempt}")
    assert harness.service.breaker.is_open
    store.down = frozenset()
    harness.clock.advance_ms(5_000)
    for attempt in range(3):
        harness.page(request_id=f"again-{attempt}")
    page = harness.page(request_id="at last")
    assert (page.rung, page.degraded) == ("fresh", [])


def test_a_defect_in_a_rung_descends_and_is_counted(
    harness: ReplicaHarness, monkeypatch: pytest.MonkeyPatch
) -> None:
    def broken(*_: object) -> None:
        raise ZeroDivisionError("a defect")

    monkeypatch.setattr("online.page.planner.stagewise_layout", broken)
    page = harness.page()
    assert (page.rung, page.degraded) == ("static", ["step:layout"])
    assert page.ids()
    failures = b'marquee_online_step_failures_total{step="step:layout"}'
    assert failures in harness.service.metrics()


class TestBeforeTheFirstGeneration:
    def test_a_request_is_answered_503(self, bare: ReplicaHarness) -> None:
        bare.poll()
        assert not bare.service.published().ready
        with pytest.raises(Problem) as problem:
            bare.page()
        assert problem.value.status == 503

    def test_the_static_page_made_at_import_is_shown(self, bare: ReplicaHarness) -> None:
        bare.artifacts.put_document(
            STATIC_PAGE_DOCUMENT, encode_static_page(build_static_page(bare.titles, NOW))
        )
        bare.poll()
        assert bare.service.published().ready
        page = bare.page(ceiling=None, country=None)
        assert (page.rung, page.generation) == ("static", None)
        assert page.ids()
        assert {n % 5 for n in numbers_of(page.ids())} <= {0, 1}

    def test_a_static_page_is_built_from_the_catalog_topic(self, bare: ReplicaHarness) -> None:
        for title in bare.titles[:50]:
            bare.launch(title)
        bare.poll()
        assert bare.page().rung == "static"

    def test_a_takedown_reaches_the_static_page(self, bare: ReplicaHarness) -> None:
        bare.artifacts.put_document(
            STATIC_PAGE_DOCUMENT, encode_static_page(build_static_page(bare.titles, NOW))
        )
        for title in bare.titles[:50]:
            bare.launch(title)
        bare.poll()
        assert "t0" in bare.page().ids()
        bare.launch(title_of(0, windows=(Window("FR", 0),)))
        bare.poll()
        assert "t0" not in bare.page().ids()


class TestRestart:
    def restarted(self, harness: ReplicaHarness, folder: Path) -> ReplicaHarness:
        """A new process over the same ports and the same folder."""
        harness.service = build_service(
            harness.store, harness.log, harness.artifacts, folder, harness.settings, harness.clock
        )
        harness.poll()
        return harness

    def test_a_replica_starts_from_disk_without_store_and_artifacts(
        self, harness: ReplicaHarness, store: FaultyStore
    ) -> None:
        store.down = frozenset({"*"})
        harness.artifacts._documents.clear()
        restarted = self.restarted(harness, harness.folder)
        assert restarted.page().generation == "g1"

    def test_an_unloadable_generation_leaves_the_previous_one(
        self, harness: ReplicaHarness
    ) -> None:
        harness.publish_pointer("broken")
        assert harness.page().generation == "g1"


def test_an_unavailable_log_leaves_the_catalog_unchanged(
    harness: ReplicaHarness, monkeypatch: pytest.MonkeyPatch
) -> None:
    def unavailable(_: Partition) -> int:
        raise LogUnavailable("no broker")

    monkeypatch.setattr(harness.log, "end_offset", unavailable)
    harness.poll()
    assert harness.page().rung == "fresh"


def test_a_rollback_serves_the_previous_generation_without_loading_it(
    harness: ReplicaHarness,
) -> None:
    harness.publish("g2")
    assert harness.page().generation == "g2"
    harness.artifacts._documents.clear()
    harness.publish_pointer("g1")
    assert harness.page().generation == "g1"


def test_a_request_keeps_the_snapshot_of_its_plan(
    harness: ReplicaHarness, monkeypatch: pytest.MonkeyPatch
) -> None:
    snapshot = harness.service.published().snapshot

    def flip(_: object) -> list[object]:
        harness.publish("g2")
        return []

    monkeypatch.setattr("online.page.planner.SOURCES", {"flip": flip, **SOURCES})
    assert harness.page().generation == "g1"
    assert harness.service.published().snapshot is not snapshot


def test_any_profile_id_gets_a_page(harness: ReplicaHarness) -> None:
    for profile in ("ü", "a b", "'; drop table", "x" * 128, MEMBER):
        request = page_request(ProfilePath(profile_id=profile), PageQuery(), "r", NOW)
        assert asyncio.run(harness.service.assembler.page(request))


def test_a_scrape_names_the_process_of_the_replica(harness: ReplicaHarness) -> None:
    assert (
        f'marquee_online_replica_info{{process="{os.getpid()}"}} 1.0'.encode()
        in harness.service.metrics()
    )
