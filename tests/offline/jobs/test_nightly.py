"""Nights on a real log and store: killed, repeated, refused, taken back."""

import json
import time
from collections.abc import Iterator
from contextlib import closing
from dataclasses import dataclass, field, replace
from threading import Thread

import pytest
from pyspark.sql import SparkSession

from infra.settings import Settings
from infra.wiring import (
    artifacts_factory,
    log_factory,
    open_artifacts,
    open_log,
    open_store,
    store_factory,
)
from infra.world import World, generate
from infra.world.settings import WorldSettings
from offline.evaluation.settings import GateSettings
from offline.jobs import Interrupted, nightly, step_names
from offline.lake.ingest import ingest
from offline.lake.table import current_snapshot
from offline.nightly.context import RunContext
from offline.publication.pointer import read_pointer, roll_back
from offline.settings import NightlySettings
from offline.training.recipes import RECIPES
from shared.artifacts.generation import load_generation
from shared.clock import SystemClock
from shared.errors import GateFailed, LeaseHeld
from shared.events.codec import encode
from shared.events.feedback import Thumb
from shared.ids import EventId, ProfileId, TitleId
from shared.log.port import OutgoingRecord
from shared.store.port import Store
from shared.store.tables import PROFILE_CANDIDATES
from tests.stack import TestStack

pytestmark = [pytest.mark.stack, pytest.mark.slow]


@dataclass
class Service:
    """A service with a small world's past in its log, and what its nights had to say."""

    settings: Settings
    spark: SparkSession
    store: Store
    lines: list[str] = field(default_factory=list)

    def context(self, chosen: NightlySettings | None = None) -> RunContext:
        """A context with the recipes that train in no time."""
        self.lines.clear()
        return RunContext(
            spark=self.spark,
            opens_log=log_factory(self.settings),
            opens_store=store_factory(self.settings),
            opens_artifacts=artifacts_factory(self.settings),
            store=self.store,
            artifacts=open_artifacts(self.settings),
            clock=SystemClock(),
            work_folder=self.settings.home / "work",
            recipes=[RECIPES["popularity"], RECIPES["item_knn"], RECIPES["ease"]],
            settings=chosen or NightlySettings(candidate_tasks=2),
            tell=self.lines.append,
        )

    def done_before(self) -> list[str]:
        """The steps that the last run found done."""
        return [
            line.removesuffix(": done before")
            for line in self.lines
            if line.endswith(": done before")
        ]

    def one_more_event(self) -> None:
        """Something happens, so that the lake's next snapshot is another one."""
        now_ms = SystemClock().now_ms()
        profile_id, event_id = ProfileId("somebody"), EventId(f"late-{now_ms}")
        value = encode(
            Thumb(title_id=TitleId("t-00001"), value=1),
            event_id=event_id,
            event_time_ms=now_ms,
            profile_id=profile_id,
        )
        with closing(open_log(self.settings)) as log, closing(log.producer()) as producer:
            producer.send(OutgoingRecord("signals", profile_id.encode(), value))
            producer.flush(10)


@pytest.fixture
def service(stack: TestStack, lake: SparkSession) -> Iterator[Service]:
    settings = stack.fresh(partitions=2)
    world = World.create(
        WorldSettings(titles=60, profiles=20, days=10, seed=3), SystemClock().now_ms()
    )
    with closing(open_log(settings)) as log, closing(log.producer()) as producer:
        generate(world, producer)
        producer.flush(60)
    with closing(open_store(settings)) as store:
        yield Service(settings, lake, store)


def test_a_night_killed_between_any_two_steps_goes_on_where_it_stopped(service: Service) -> None:
    steps = step_names(service.context().recipes)
    for killed_after in ("ingest", "dataset", "judge", "candidates"):
        with pytest.raises(Interrupted):
            nightly(service.context(), fail_after=killed_after)
        assert read_pointer(service.store).current is None
    outcome = nightly(service.context())
    assert outcome.status == "published"
    assert service.done_before() == list(steps[1 : steps.index("candidates") + 1])
    pointer = read_pointer(service.store)
    assert (pointer.current, pointer.previous) == (outcome.generation_id, None)
    documents = open_artifacts(service.settings)
    report = json.loads(documents.get_document(f"generations/{outcome.generation_id}/report.json"))
    assert set(report["models"]) == {"popularity", "item_knn", "ease"}
    assert report["candidates"]["profiles"] == report["dataset"]["profiles"] == 20
    assert b"popularity" in documents.get_document(
        f"generations/{outcome.generation_id}/report.html"
    )


def test_an_unchanged_day_changes_nothing_and_a_rollback_is_not_undone_by_the_next_night(
    service: Service,
) -> None:
    first = nightly(service.context())
    snapshot, documents = (
        current_snapshot(service.spark),
        open_artifacts(service.settings).list_documents(""),
    )
    again = nightly(service.context())
    assert (again.status, again.generation_id) == ("unchanged", first.generation_id)
    assert (
        current_snapshot(service.spark),
        open_artifacts(service.settings).list_documents(""),
    ) == (snapshot, documents)

    service.one_more_event()
    second = nightly(
        service.context(
            NightlySettings(
                candidate_tasks=2,
                gates=GateSettings(margin=1.0, guard_margin=1.0, group_margin=1.0),
            )
        )
    )
    assert second.status == "published"
    assert roll_back(service.store) == (second.generation_id, first.generation_id)
    taken = nightly(
        service.context(
            NightlySettings(
                candidate_tasks=2,
                gates=GateSettings(margin=1.0, guard_margin=1.0, group_margin=1.0),
            )
        )
    )
    assert (taken.status, read_pointer(service.store).current) == (
        "taken_back",
        first.generation_id,
    )


def test_a_refused_refresh_ends_every_night_with_the_reason_until_something_changes(
    service: Service,
) -> None:
    nightly(service.context())
    service.one_more_event()
    # No refresh can reach six times the live model's coverage.
    strict = NightlySettings(candidate_tasks=2, gates=GateSettings(guard_margin=-5.0))
    for _ in range(2):
        with pytest.raises(GateFailed, match="popularity: the refresh of popularity failed"):
            nightly(service.context(strict))
    assert not any(line.startswith("judge: done in") for line in service.lines)


def test_a_generation_holds_candidates_for_every_profile_and_forgets_those_of_the_one_before_last(
    service: Service,
) -> None:
    loose = NightlySettings(
        candidate_tasks=2, gates=GateSettings(margin=1.0, guard_margin=1.0, group_margin=1.0)
    )
    made = [nightly(service.context(loose)).generation_id]
    for _ in range(2):
        service.one_more_event()
        made.append(nightly(service.context(loose)).generation_id)
    first, second, third = (name for name in made if name is not None)
    manifest = load_generation(open_artifacts(service.settings), third)
    profiles = list(service.store.scan_partitions(PROFILE_CANDIDATES))
    assert len(profiles) == manifest.profiles

    def held() -> set[object]:
        return {
            key[0]
            for profile in profiles
            for key in service.store.read(PROFILE_CANDIDATES, profile)
        }

    deadline = time.monotonic() + 30
    while first in held() and time.monotonic() < deadline:
        time.sleep(0.1)
    assert held() == {second, third}


def test_two_ingests_at_once_read_every_record_once(service: Service) -> None:
    context, refused = service.context(), []

    def run() -> None:
        try:
            ingest(context.spark, context.opens_log, context.store, context.clock)
        except LeaseHeld as error:
            refused.append(error)

    threads = [Thread(target=run) for _ in range(2)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(refused) <= 1
    again = ingest(context.spark, context.opens_log, context.store, context.clock)
    table = service.spark.table("lake.raw.records").where("kind = 'record'")
    assert again.offsets == 0
    assert table.count() == table.select("topic", "log_partition", "log_offset").distinct().count()


def test_equal_data_and_settings_make_equal_artifacts(service: Service) -> None:
    first = nightly(service.context())
    second = nightly(
        service.context(replace(NightlySettings(candidate_tasks=2), sample_profiles=3))
    )
    artifacts = open_artifacts(service.settings)
    assert first.generation_id != second.generation_id
    one, two = (
        load_generation(artifacts, name)
        for name in (first.generation_id, second.generation_id)
        if name is not None
    )
    assert one.roles["top_picks"].artifact == two.roles["top_picks"].artifact
    assert one.roles["catalog"].artifact == two.roles["catalog"].artifact
