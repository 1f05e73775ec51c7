"""Nightly runs on a real log and store: interrupted, repeated, refused and rolled back."""

import json
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import closing
from dataclasses import dataclass, field, replace
from threading import Thread

import pytest
from pyspark.sql import SparkSession

from infra.run_context import platform_name
from infra.settings import Settings
from infra.wiring import (
    artifacts_factory,
    log_factory,
    open_artifacts,
    open_log,
    open_store,
    store_factory,
)
from infra.world.settings import WorldSettings
from infra.world.world import World, generate
from offline.context import RunContext
from offline.evaluation.settings import GateSettings
from offline.lake.ingest import ingest
from offline.lake.schema import TABLE
from offline.lake.table import current_snapshot
from offline.nightly import nightly, step_names
from offline.publication.pointer import read_pointer, roll_back
from offline.schedule import build_schedule
from offline.settings import NightlySettings
from offline.training.recipes import AnyRecipe, Recipe, select_recipes
from offline.training.trainer import closed_form
from shared.artifacts.generation import Generation, load_generation
from shared.clock import SystemClock
from shared.errors import GateFailed, LeaseHeld
from shared.events.codec import encode
from shared.events.feedback import Thumb
from shared.ids import EventId, GenerationId, ProfileId, TitleId
from shared.log.port import OutgoingRecord
from shared.models.item_knn import ItemKnn, ItemKnnSettings
from shared.rules.watching import WATCHING_RULES_VERSION
from shared.store.port import Store
from shared.store.tables import PROFILE_CANDIDATES
from tests.documents import document_names
from tests.stack import TestStack

pytestmark = [pytest.mark.stack, pytest.mark.slow]

# Recipes that train in less than a second.
RECIPES = select_recipes(["popularity", "item_knn", "ease"])
SETTINGS = NightlySettings(candidate_tasks=2)
# Twenty profiles are too few for significant differences, so these gates pass every refresh.
LENIENT = replace(SETTINGS, gates=GateSettings(margin=1.0, guard_margin=1.0, group_margin=1.0))


class Interrupted(Exception):
    """Raised by the progress callback: ends a run like a failure outside the run."""


@dataclass
class Service:
    """A service with a small world's history in its log, and the progress of its last run."""

    settings: Settings
    spark: SparkSession
    store: Store
    lines: list[str] = field(default_factory=list)

    def context(
        self,
        settings: NightlySettings = SETTINGS,
        recipes: Sequence[AnyRecipe] = RECIPES,
        progress: Callable[[str], None] | None = None,
    ) -> RunContext:
        self.lines.clear()
        return RunContext(
            spark=self.spark,
            log_factory=log_factory(self.settings),
            store_factory=store_factory(self.settings),
            artifacts_factory=artifacts_factory(self.settings),
            store=self.store,
            artifacts=open_artifacts(self.settings),
            clock=SystemClock(),
            work_folder=self.settings.home / "work",
            recipes=recipes,
            platform=platform_name(self.settings),
            settings=settings,
            progress=progress or self.lines.append,
        )

    def interrupted_after(self, step: str) -> RunContext:
        """A context in which a run ends with Interrupted when a step is done."""

        def progress(line: str) -> None:
            if line.startswith(f"{step}:"):
                raise Interrupted(line)

        return self.context(progress=progress)

    def steps_already_done(self) -> list[str]:
        """The steps that the last run did not repeat."""
        end = ": already done"
        return [line.removesuffix(end) for line in self.lines if line.endswith(end)]

    def generation(self, generation_id: GenerationId | None) -> Generation:
        assert generation_id is not None
        return load_generation(open_artifacts(self.settings), generation_id)

    def send_one_more_event(self) -> None:
        """Changes the lake's next snapshot."""
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


def test_a_run_interrupted_between_any_two_steps_is_resumed_after_the_last_finished_step(
    service: Service,
) -> None:
    steps = step_names(build_schedule(RECIPES))
    for step in ("ingest", "dataset", "judge", "candidates"):
        with pytest.raises(Interrupted):
            nightly(service.interrupted_after(step))
        assert read_pointer(service.store).current is None
    outcome = nightly(service.context())
    assert outcome.status == "published"
    assert service.steps_already_done() == list(steps[1 : steps.index("candidates") + 1])
    pointer = read_pointer(service.store)
    assert (pointer.current, pointer.previous) == (outcome.generation_id, None)


def test_a_generation_s_report_names_its_models_data_and_rules(service: Service) -> None:
    generation = service.generation(nightly(service.context()).generation_id)
    documents = open_artifacts(service.settings)
    report = json.loads(documents.get_document(generation.report))
    assert set(report["models"]) == {"popularity", "item_knn", "ease"}
    assert report["candidates"]["profiles"] == report["dataset"]["profiles"] == 20
    assert report["watching_rules"] == generation.watching_rules == WATCHING_RULES_VERSION
    page = documents.get_document(generation.report.replace(".json", ".html"))
    assert b"popularity" in page


def test_an_unchanged_day_changes_nothing_and_the_next_run_does_not_undo_a_rollback(
    service: Service,
) -> None:
    first = nightly(service.context())
    uri = service.settings.artifacts_uri
    first_state = (current_snapshot(service.spark), document_names(uri))
    repeated = nightly(service.context())
    assert (repeated.status, repeated.generation_id) == ("unchanged", first.generation_id)
    assert (current_snapshot(service.spark), document_names(uri)) == first_state

    service.send_one_more_event()
    second = nightly(service.context(LENIENT))
    assert second.status == "published"
    assert roll_back(service.store) == (second.generation_id, first.generation_id)
    after_rollback = nightly(service.context(LENIENT))
    assert after_rollback.status == "rolled_back"
    assert read_pointer(service.store).current == first.generation_id


def test_a_refused_refresh_ends_every_run_with_the_reason_until_something_changes(
    service: Service,
) -> None:
    nightly(service.context())
    service.send_one_more_event()
    # No refresh can reach six times the live model's coverage.
    strict = replace(SETTINGS, gates=GateSettings(guard_margin=-5.0))
    for _ in range(2):
        with pytest.raises(GateFailed, match="popularity: the refresh of popularity failed"):
            nightly(service.context(strict))
    assert not any(line.startswith("judge: done in") for line in service.lines)


def test_a_recipe_named_unlike_its_family_goes_live_and_is_refreshed_by_the_next_run(
    service: Service,
) -> None:
    neighbors = Recipe("neighbors", ItemKnnSettings(shrink=20.0), closed_form(ItemKnn.train))
    recipes = (*select_recipes(["popularity"]), neighbors)
    first = service.generation(nightly(service.context(LENIENT, recipes)).generation_id)
    assert (first.roles["similars"].family, first.roles["similars"].recipe) == (
        "item_knn",
        "neighbors",
    )
    service.send_one_more_event()
    second = service.generation(nightly(service.context(LENIENT, recipes)).generation_id)
    report = json.loads(open_artifacts(service.settings).get_document(second.report))
    decision = report["decisions"]["similars"]
    assert decision["chosen"] == "neighbors"
    assert [verdict["kind"] for verdict in decision["verdicts"]] == ["refresh"]


def test_a_generation_has_candidates_for_every_profile_and_the_one_before_the_last_has_none(
    service: Service,
) -> None:
    generation_ids = [nightly(service.context(LENIENT)).generation_id]
    for _ in range(2):
        service.send_one_more_event()
        generation_ids.append(nightly(service.context(LENIENT)).generation_id)
    first, second, third = generation_ids
    profiles = list(service.store.scan_partitions(PROFILE_CANDIDATES))
    assert len(profiles) == service.generation(third).profiles

    def stored_generations() -> set[object]:
        return {
            key[0]
            for profile in profiles
            for key in service.store.read(PROFILE_CANDIDATES, profile)
        }

    deadline = time.monotonic() + 30
    while first in stored_generations() and time.monotonic() < deadline:
        time.sleep(0.1)
    assert stored_generations() == {second, third}


def test_two_ingests_at_once_read_every_record_once(service: Service) -> None:
    context, refused = service.context(), []

    def run() -> None:
        try:
            ingest(context.spark, context.log_factory, context.store, context.clock)
        except LeaseHeld as error:
            refused.append(error)

    threads = [Thread(target=run) for _ in range(2)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(refused) <= 1
    second = ingest(context.spark, context.log_factory, context.store, context.clock)
    table = service.spark.table(TABLE).where("kind = 'record'")
    assert second.offsets == 0
    assert table.count() == table.select("topic", "log_partition", "log_offset").distinct().count()


def test_equal_data_and_settings_give_equal_artifacts(service: Service) -> None:
    first = nightly(service.context())
    second = nightly(service.context(replace(SETTINGS, sample_profiles=3)))
    assert first.generation_id != second.generation_id
    roles = service.generation(first.generation_id).roles
    repeated_roles = service.generation(second.generation_id).roles
    assert roles["top_picks"].artifact == repeated_roles["top_picks"].artifact
    assert roles["catalog"].artifact == repeated_roles["catalog"].artifact
