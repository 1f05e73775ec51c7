"""A month of history goes into Kafka, while nearline already folds what has arrived."""

from collections.abc import Iterable, Iterator
from contextlib import closing, contextmanager
from pathlib import Path

from infra.demo.cast import read_catalog
from infra.demo.lag import Lag
from infra.demo.stage import Stage
from infra.feeding import Progress
from infra.importers.movielens import import_movielens
from infra.local.tiers import NEARLINE
from infra.wiring import open_artifacts, open_log
from infra.world import World, WorldSettings, generate
from infra.world.kept import keep_world
from shared.catalog.titles import Title
from shared.log.port import Producer
from shared.records.page import STATIC_PAGE_DOCUMENT
from shared.records.static_page import build_static_page, encode_static_page

READY_WITHIN_S = 60.0
FOLDED_WITHIN_S = 300.0


def start_nearline(stage: Stage) -> Lag:
    """Start the worker, before there is anything to fold."""
    worker = stage.start(NEARLINE)
    with stage.console.status("nearline gets ready"):
        worker.wait_ready(READY_WITHIN_S)
    stage.say(f"nearline waits for events (process {worker.pid})")
    return Lag(stage.settings, [worker])


def live_a_month(stage: Stage, settings: WorldSettings) -> World:
    """Draw the make-believe service, and send everything that happened in it to the topics, up to
    now.
    """
    world = World.create(settings, stage.clock.now_ms())
    keep_static_page(stage, world.titles.catalog)
    with _producing(stage) as (producer, progress):
        count = generate(world, producer, progress)
    keep_world(stage.settings.home, world)
    stage.say(
        f"{settings.days} days of {settings.profiles} profiles and {settings.titles} titles: {count:,} events, all of them in Kafka"
    )
    return world


def import_data(stage: Stage, folder: Path) -> None:
    """Send a MovieLens folder to the topics, its times moved so that the last rating is now."""
    with _producing(stage) as (producer, progress):
        report = import_movielens(folder, producer, stage.clock, progress=progress)
    with closing(open_log(stage.settings)) as log:
        keep_static_page(stage, read_catalog(log).titles.values())
    stage.say(
        f"{report.form}: {report.titles:,} titles, {report.profiles:,} profiles, {report.ratings:,} ratings as {report.events:,} events; "
        f"{report.problems.total} malformed lines left out"
    )


@contextmanager
def _producing(stage: Stage) -> Iterator[tuple[Producer, Progress]]:
    with (
        closing(open_log(stage.settings)) as log,
        closing(log.producer()) as producer,
        stage.console.status("") as status,
    ):

        def progress(done: int) -> None:
            stage.check()
            status.update(f"{done:,} events are in Kafka")

        yield producer, progress


def fold_history(stage: Stage, lag: Lag) -> None:
    """Wait until nearline has folded everything."""
    stage.wait("nearline folds the history", lag.left, FOLDED_WITHIN_S)


def keep_static_page(stage: Stage, titles: Iterable[Title]) -> None:
    """The page of last resort exists before any generation does."""
    page = build_static_page(tuple(titles), stage.clock.now_ms())
    open_artifacts(stage.settings).put_document(STATIC_PAGE_DOCUMENT, encode_static_page(page))
