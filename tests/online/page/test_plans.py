"""Plans: the arm of a caller decides on snapshot and settings, for the whole request."""

import asyncio
import json
from dataclasses import replace
from pathlib import Path

import pytest

from online.page.planner import Planner
from online.published.loader import GenerationLoader
from online.published.snapshot_manager import SnapshotManager
from online.settings import ExploreSettings, PageSettings
from online.similar import answer_similar
from shared.api.request import SimilarQuery
from shared.ids import ProfileId, TitleId
from shared.store.tables import PUBLICATIONS
from tests.online.harness import Answer, ReplicaHarness
from tests.online.samples import publish

OTHER = ProfileId("in-arm-b")


@pytest.fixture
def two_arms(harness: ReplicaHarness, tmp_path: Path) -> ReplicaHarness:
    """A replica that serves g1 in the main arm and g2, without exploration, in arm b."""
    publish(harness.artifacts, harness.titles, "g2", harness.log, seed=7)
    harness.store.compare_and_set(PUBLICATIONS, ("b",), None, {"current": "g2", "previous": ""})
    loader = GenerationLoader(harness.artifacts, tmp_path / "arms")
    snapshots = SnapshotManager(harness.store, harness.log, loader, harness.clock, ["main", "b"])
    snapshots.poll_pointer()
    snapshots.poll_catalog()
    quiet = PageSettings(policy="quiet-1", explore=ExploreSettings(epsilon=0.0))
    planner = Planner(
        snapshots,
        {"main": PageSettings(), "b": quiet},
        lambda caller: "b" if caller.profile_id == OTHER else "main",
        "main",
    )
    harness.replace_components(planner=planner)
    harness.service = replace(harness.service, snapshots=snapshots)
    return harness


def test_two_arms_are_served_by_one_replica(two_arms: ReplicaHarness) -> None:
    main, page_b = two_arms.page(), two_arms.page(OTHER)
    assert (main.generation, main.arms, main.policy) == ("g1", {"main": "main"}, "stagewise-2")
    assert (page_b.generation, page_b.arms, page_b.policy) == ("g2", {"main": "b"}, "quiet-1")


def test_a_further_part_is_of_the_arm_of_its_page(two_arms: ReplicaHarness) -> None:
    page = two_arms.page(OTHER)
    part = two_arms.more(page.more, from_row="0", rows="12")
    assert [row["name"] for row in part["rows"]] == [row["name"] for row in page.rows]


def test_a_replica_remembers_the_pointer_of_each_arm(
    two_arms: ReplicaHarness, tmp_path: Path
) -> None:
    loader = GenerationLoader(two_arms.artifacts, tmp_path / "arms")
    pointers = [loader.remembered(arm) for arm in ("main", "b", "c")]
    assert [pointer and pointer.current for pointer in pointers] == ["g1", "g2", None]


def test_a_claim_of_the_caller_reaches_the_plan(two_arms: ReplicaHarness) -> None:
    body = answer_similar(
        two_arms.service.components, TitleId("t0"), SimilarQuery(k=5, ceiling=0, country="US")
    )
    answer = Answer(json.loads(body))
    assert {int(tile["title_id"][1:]) % 5 for tile in answer.tiles} <= {0}
    assert asyncio.run(two_arms.service.assembler.page(two_arms.request()))
