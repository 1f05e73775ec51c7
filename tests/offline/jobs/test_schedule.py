"""The schedule: an order in which every step finds what it needs, and runs that are told apart by
what they are made from.
"""

from offline.jobs import schedule
from offline.nightly.run import RunStart, RunStore, cut_off_run, forget_run, run_id_of
from offline.nightly.training import Trained, version_of
from offline.settings import NightlySettings
from offline.training.recipes import RECIPES
from shared.artifacts.memory import MemoryArtifacts
from shared.ids import GenerationId


def test_every_step_comes_after_what_it_needs_and_publishing_comes_last() -> None:
    steps = schedule(tuple(RECIPES.values()))
    for place, step in enumerate(steps):
        assert set(step.needs) <= {before.name for before in steps[:place]}
    assert steps[-1].name == "publish"


def test_another_snapshot_setting_or_recipe_is_another_run() -> None:
    recipes = [(name, version_of(recipe)) for name, recipe in RECIPES.items()]
    ids = {
        run_id_of(1, [NightlySettings(), recipes]),
        run_id_of(2, [NightlySettings(), recipes]),
        run_id_of(1, [NightlySettings(seed=8), recipes]),
        run_id_of(1, [NightlySettings(), recipes[1:]]),
    }
    assert len(ids) == 4
    assert run_id_of(1, [NightlySettings(), recipes]) in ids


def test_a_resumed_run_is_the_run_that_was_begun() -> None:
    run = RunStore(MemoryArtifacts(), "r1")
    begun = RunStart(
        run_id="r1", generation_id=GenerationId("g1"), created_ms=1, snapshot_id=5, live=None
    )
    later = RunStart(
        run_id="r1", generation_id=GenerationId("g2"), created_ms=2, snapshot_id=5, live=None
    )
    assert run.start(begun) == begun
    assert run.start(later) == begun


def test_what_could_not_be_measured_comes_back_as_it_was() -> None:
    run = RunStore(MemoryArtifacts(), "r1")
    assert run.find("train:ease") is None
    run.finish("train:ease", 1.5, Trained(recipe="ease", facts={"loss": float("nan")}))
    assert (
        run.output("train:ease", Trained).facts["loss"]
        != run.output("train:ease", Trained).facts["loss"]
    )
    assert run.seconds(["dataset", "train:ease"]) == {"train:ease": 1.5}


def test_a_run_is_cut_off_until_it_has_published_or_its_gate_has_spoken() -> None:
    artifacts = MemoryArtifacts()
    assert cut_off_run(artifacts) is None
    start = RunStart(
        run_id="r1", generation_id=GenerationId("g1"), created_ms=1, snapshot_id=5, live=None
    )
    run = RunStore(artifacts, "r1")
    run.note_under_way(run.start(start))
    assert cut_off_run(artifacts) == start
    forget_run(artifacts)
    assert cut_off_run(artifacts) is None
    run.note_under_way(start)
    run.finish("publish", 0.1, start)
    assert cut_off_run(artifacts) is None
