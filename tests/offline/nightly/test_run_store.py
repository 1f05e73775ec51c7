"""The identity of a run and its stored documents."""

import math

import msgspec

from offline.run_identity import RunInputs, code_digest
from offline.run_store import (
    RunStart,
    RunStore,
    clear_current_run,
    interrupted_run,
    set_current_run,
)
from offline.settings import NightlySettings
from offline.steps.train import TrainedModel
from offline.training.recipes import RECIPES
from shared.artifacts.memory import MemoryArtifacts
from shared.ids import GenerationId

INPUTS = RunInputs(
    settings=NightlySettings(),
    recipes={recipe.name: recipe.version for recipe in RECIPES},
    watching_rules="watching-1",
    code=code_digest(),
    platform="lake a, store b",
)
START = RunStart(
    run_id="r1",
    generation_id=GenerationId("g1"),
    created_ms=1,
    snapshot_id=5,
    live=None,
    inputs_digest=INPUTS.digest(),
    watching_rules="watching-1",
)


def test_another_snapshot_is_another_run() -> None:
    assert INPUTS.run_id(1) == INPUTS.run_id(1)
    assert INPUTS.run_id(1) != INPUTS.run_id(2)


def test_every_input_is_part_of_the_run_s_identity() -> None:
    changed = {
        "settings": NightlySettings(seed=8),
        "recipes": {"ease": "1"},
        "watching_rules": "watching-3",
        "code": "0",
        "platform": "lake a, store c",
    }
    assert set(changed) == set(RunInputs.__struct_fields__)
    variants = [msgspec.structs.replace(INPUTS, **{name: new}) for name, new in changed.items()]
    assert len({inputs.run_id(1) for inputs in (INPUTS, *variants)}) == len(changed) + 1
    assert len({inputs.digest() for inputs in (INPUTS, *variants)}) == len(changed) + 1


def test_a_resumed_run_keeps_its_first_start() -> None:
    run = RunStore(MemoryArtifacts(), "r1")
    later = msgspec.structs.replace(START, generation_id=GenerationId("g2"), created_ms=2)
    assert run.start(START) == START
    assert run.start(later) == START


def test_an_output_with_nan_is_read_back() -> None:
    run = RunStore(MemoryArtifacts(), "r1")
    assert run.find("train:ease") is None
    run.finish("train:ease", 1.5, TrainedModel(recipe="ease", facts={"loss": float("nan")}))
    record = run.find("train:ease")
    assert record is not None
    assert record.seconds == 1.5
    loss = run.output("train:ease", TrainedModel).facts["loss"]
    assert isinstance(loss, float)
    assert math.isnan(loss)


def test_a_run_is_interrupted_until_it_publishes_or_a_gate_ends_it() -> None:
    artifacts = MemoryArtifacts()
    assert interrupted_run(artifacts) is None
    run = RunStore(artifacts, "r1")
    set_current_run(artifacts, run.start(START))
    assert interrupted_run(artifacts) == START
    clear_current_run(artifacts)
    assert interrupted_run(artifacts) is None
    set_current_run(artifacts, START)
    run.finish("publish", 0.1, START)
    assert interrupted_run(artifacts) is None
