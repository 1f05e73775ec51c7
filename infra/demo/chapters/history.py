"""A month of history goes into Kafka, while nearline already folds what has arrived."""

from collections.abc import Iterable
from contextlib import closing
from dataclasses import dataclass

from infra.demo.lag import Lag
from infra.demo.stage import Stage
from infra.local.tiers import NEARLINE
from infra.wiring import open_artifacts, open_log
from infra.world import World, WorldSettings, generate
from shared.catalog.titles import Title
from shared.ids import ProfileId
from shared.records.page import STATIC_PAGE_DOCUMENT
from shared.records.static_page import build_static_page, encode_static_page

READY_WITHIN_S = 60.0
FOLDED_WITHIN_S = 300.0


@dataclass(frozen=True, slots=True)
class Past:
    """What the service knows when the story begins; `world` is None where nobody knows the truth."""

    profile_ids: tuple[ProfileId, ...]
    world: World | None


def start_nearline(stage: Stage) -> Lag:
    """Start the worker, before there is anything to fold."""
    worker = stage.start(NEARLINE)
    with stage.console.status("nearline gets ready"):
        worker.wait_ready(READY_WITHIN_S)
    stage.say(f"nearline owns its partitions and waits (process {worker.pid})")
    return Lag(stage.settings, [worker])


def live_a_month(stage: Stage, settings: WorldSettings) -> Past:
    """Draw the make-believe service, and send everything that happened in it to the topics, up to now."""
    world = World.create(settings, stage.clock.now_ms())
    keep_static_page(stage, world.titles.catalogue)

    with closing(open_log(stage.settings)) as log, closing(log.producer()) as producer, stage.console.status("") as status:

        def progress(done: int) -> None:
            stage.check()
            status.update(f"{done} events are in Kafka")

        count = generate(world, producer, progress)
    stage.say(f"{settings.days} days of {settings.profiles} profiles and {settings.titles} titles: {count} events, all of them in Kafka")
    return Past(tuple(profile.profile_id for profile in world.profiles), world)


def fold_history(stage: Stage, lag: Lag) -> None:
    """Wait until nearline has folded everything."""
    stage.wait("nearline folds the history", lag.left, FOLDED_WITHIN_S)


def keep_static_page(stage: Stage, titles: Iterable[Title]) -> None:
    """The page of last resort exists before any generation does."""
    page = build_static_page(tuple(titles), stage.clock.now_ms())
    open_artifacts(stage.settings).put_document(STATIC_PAGE_DOCUMENT, encode_static_page(page))
