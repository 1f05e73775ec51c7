"""A run: steps are executed once, inputs are passed on, and a failed run can be resumed."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

import msgspec
import pyarrow as pa
import pytest
from pyspark.sql import SparkSession

from offline.context import RunContext
from offline.datasets.dataset import StoredDataset, dataset_files
from offline.datasets.viewings import VIEWINGS
from offline.run import AllOf, Run, step
from offline.run_store import RunStart, interrupted_run, set_current_run
from shared.artifacts.memory import MemoryArtifacts
from shared.artifacts.port import Artifacts
from shared.catalog.snapshot import snapshot_files
from shared.clock import ManualClock
from shared.errors import GateFailed, MarqueeError
from shared.ids import ArtifactId, GenerationId
from shared.store.memory import MemoryStore
from shared.store.port import Store
from tests.offline.frozen_log import empty_log

START = RunStart(
    run_id="r1",
    generation_id=GenerationId("g1"),
    created_ms=1,
    snapshot_id=5,
    live=None,
    inputs_digest="d",
    watching_rules="watching-1",
)


class Number(msgspec.Struct, frozen=True):
    value: int


@dataclass
class CountingArtifacts(MemoryArtifacts):
    """Counts how often each artifact is read."""

    reads: dict[ArtifactId, int] = field(default_factory=dict)

    def __post_init__(self) -> None:
        super().__init__()

    def get(self, artifact: ArtifactId) -> Mapping[str, bytes]:
        self.reads[artifact] = self.reads.get(artifact, 0) + 1
        return super().get(artifact)


@dataclass
class StoreFactory:
    store: Store

    def open(self) -> Store:
        return self.store


@dataclass
class ArtifactsFactory:
    artifacts: Artifacts

    def open(self) -> Artifacts:
        return self.artifacts


@pytest.fixture
def context(spark: SparkSession) -> RunContext:
    clock, artifacts = ManualClock(), CountingArtifacts()
    store = MemoryStore(clock)
    return RunContext(
        spark=spark,
        log_factory=empty_log(),
        store_factory=StoreFactory(store),
        artifacts_factory=ArtifactsFactory(artifacts),
        store=store,
        artifacts=artifacts,
        clock=clock,
        work_folder=Path(),
        recipes=(),
        platform="memory",
    )


def test_a_step_receives_the_outputs_of_its_inputs_and_runs_once(context: RunContext) -> None:
    calls: list[str] = []

    def five(_run: Run) -> Number:
        return Number(5)

    def two(_run: Run) -> Number:
        calls.append("two")
        return Number(2)

    def add(_run: Run, first: Number, others: tuple[Number, ...]) -> Number:
        return Number(100 * first.value + sum(number.value for number in others))

    two_step, five_step = step("two", two), step("five", five)
    fives = AllOf((five_step, five_step))
    total = step("total", add, two_step, fives)
    for _ in range(2):
        run = Run.open(context, START)
        for current in (two_step, five_step, total):
            run.execute(current)
        assert run.output(total) == Number(210)
    assert calls == ["two"]
    assert set(run.seconds) == {"two", "five", "total"}


def test_a_failed_step_leaves_the_run_to_be_resumed_and_a_refusing_gate_ends_it(
    context: RunContext,
) -> None:
    def fail(_run: Run) -> Number:
        raise MarqueeError("the disk is full")

    def refuse(_run: Run) -> Number:
        raise GateFailed("no plays")

    run = Run.open(context, START)
    set_current_run(context.artifacts, run.start)
    with pytest.raises(MarqueeError, match="the disk is full"):
        run.execute(step("fails", fail))
    assert interrupted_run(context.artifacts) == START
    with pytest.raises(GateFailed):
        run.execute(step("refuses", refuse))
    assert interrupted_run(context.artifacts) is None


def test_the_data_set_is_decoded_once_per_process(context: RunContext) -> None:
    artifacts = context.artifacts
    assert isinstance(artifacts, CountingArtifacts)
    profiles = pa.table({"profile_id": pa.array([], pa.string())})
    stored = StoredDataset(
        artifact=artifacts.put(dataset_files(VIEWINGS.empty_table(), profiles)),
        catalog=artifacts.put(snapshot_files(())),
        catalog_incarnation="i",
        catalog_next_offset=0,
        split_ms=1,
        end_ms=2,
        titles=0,
        profiles=0,
        viewings=0,
    )
    run = Run.open(context, START)
    assert run.dataset(stored) is run.dataset(stored)
    assert artifacts.reads == {stored.artifact: 1, stored.catalog: 1}
