"""Write a history to Kafka while nearline folds the events that have arrived."""

from collections.abc import Iterable, Iterator
from contextlib import closing, contextmanager
from pathlib import Path
from typing import Final

from infra.bulk_produce import ReportProgress
from infra.demo.data import read_catalog
from infra.demo.lag import NearlineLag
from infra.demo.run import DemoRun
from infra.importers.movielens import import_movielens
from infra.importers.movielens_forms import read
from infra.local.tiers import NEARLINE
from infra.wiring import open_artifacts, open_log
from infra.world.settings import WorldSettings
from infra.world.world import World, generate
from infra.world.world_file import save_world
from shared.catalog.titles import Title
from shared.log.port import Producer
from shared.records.page import STATIC_PAGE_DOCUMENT
from shared.records.static_page import build_static_page, encode_static_page

# Guesses for a busy machine.
READY_WITHIN_S: Final = 60.0
FOLDED_WITHIN_S: Final = 300.0


def start_nearline(run: DemoRun) -> NearlineLag:
    """Start the worker before there are any events."""
    worker = run.start(NEARLINE)
    with run.console.status("starting nearline"):
        worker.wait_ready(READY_WITHIN_S)
    run.print(f"nearline waits for events (process {worker.pid})")
    return NearlineLag(run.settings, [worker])


def write_world(run: DemoRun, settings: WorldSettings) -> World:
    """Generate the simulated service and write its whole history to the topics."""
    world = World.create(settings, run.clock.now_ms())
    store_static_page(run, world.titles.catalog)
    with _open_producer(run) as (producer, report_progress):
        count = generate(world, producer, report_progress)
    save_world(run.settings.home, world)
    run.print(
        f"{settings.profiles} profiles, {settings.titles} titles, {settings.days} days: "
        f"{count:,} events are in Kafka"
    )
    return world


def import_data(run: DemoRun, folder: Path) -> None:
    """Write a MovieLens folder to the topics, with its times shifted so that it ends now."""
    with run.console.status(f"reading {folder}"):
        data = read(folder)
    with _open_producer(run) as (producer, report_progress):
        count = import_movielens(data, producer, run.clock, report_progress=report_progress)
    with closing(open_log(run.settings)) as log:
        store_static_page(run, read_catalog(log).titles.values())
    run.print(
        f"{data}: {count:,} events are in Kafka; {data.problems.total:,} malformed lines were "
        "skipped"
    )


@contextmanager
def _open_producer(run: DemoRun) -> Iterator[tuple[Producer, ReportProgress]]:
    with (
        closing(open_log(run.settings)) as log,
        closing(log.producer()) as producer,
        run.console.status("") as status,
    ):

        def report_progress(count: int) -> None:
            run.check()
            status.update(f"{count:,} events are in Kafka")

        yield producer, report_progress


def wait_until_folded(run: DemoRun, lag: NearlineLag) -> None:
    """Wait until nearline has folded every event."""
    run.wait("nearline folds the history", lag.remaining, FOLDED_WITHIN_S)


def store_static_page(run: DemoRun, titles: Iterable[Title]) -> None:
    """Store the static page, which is served before any generation is published."""
    page = build_static_page(tuple(titles), run.clock.now_ms())
    open_artifacts(run.settings).put_document(STATIC_PAGE_DOCUMENT, encode_static_page(page))
