"""What one replica is: its connections, its memory, and the threads that keep them fresh."""

import gc
import logging
import threading
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from online.breaker import Breaker
from online.gateway import Gateway
from online.page.admission import Admission
from online.page.assemble import Assembler, Parts
from online.page.exposure_log import ExposureLog
from online.page.hydrate import Hydrator
from online.page.sources import SOURCES
from online.page.stored_pages import StoredPages
from online.page.trending import Trending
from online.published.loader import GenerationLoader
from online.published.snapshot_manager import SnapshotManager
from online.settings import PageSettings
from online.telemetry import Telemetry
from shared.api.state import ReadyAnswer
from shared.artifacts.port import Artifacts
from shared.clock import Clock
from shared.errors import MarqueeError
from shared.log.port import Log
from shared.store.port import Store

logger = logging.getLogger(__name__)


@dataclass(frozen=True)
class Service:
    """A replica's parts. Nothing runs until `start`; tests call the snapshots's polls themselves."""

    snapshots: SnapshotManager
    assembler: Assembler
    gateway: Gateway
    telemetry: Telemetry
    breaker: Breaker
    clock: Clock
    close: Callable[[], None]

    def state(self) -> ReadyAnswer:
        """What this replica has to show."""
        snapshots = self.snapshots
        generation = snapshots.current.generation.manifest.generation_id or None
        return ReadyAnswer(
            ready=snapshots.ready,
            generation=generation,
            static_page=snapshots.static_page() is not None,
            catalog_age_ms=snapshots.catalog_age_ms(),
            titles=len(snapshots.current.view),
        )

    def metrics(self) -> bytes:
        """The metrics in Prometheus' text format, gauges brought up to date."""
        age_ms = self.snapshots.catalog_age_ms()
        self.telemetry.catalog_age.set(-1 if age_ms is None else age_ms / 1000)
        self.telemetry.breaker_open.set(self.breaker.is_open)
        self.telemetry.generation.clear()
        self.telemetry.generation.labels(
            self.snapshots.current.generation.manifest.generation_id or "none"
        ).set(1)
        return self.telemetry.exposition()


def build_service(
    store: Store, log: Log, artifacts: Artifacts, folder: Path, settings: PageSettings, clock: Clock
) -> Service:
    """A replica over the ports given; `folder` keeps the pointer and artifacts for a restart
    without network.
    """
    telemetry, breaker = Telemetry(), Breaker(clock)
    deadlines, replica = settings.deadlines, settings.replica
    producer = log.producer()
    snapshots = SnapshotManager(
        store, log, GenerationLoader(artifacts, folder), clock, settings.arm
    )
    exposures = ExposureLog(producer, clock, telemetry, replica)
    assembler = Assembler(
        Parts(
            snapshots=snapshots,
            admission=Admission(deadlines.queue_ms / 1000),
            hydrator=Hydrator(store, breaker, deadlines, replica.cached_candidates),
            trending=Trending(store, breaker, clock, replica.trending_s),
            pages=StoredPages(store, breaker, telemetry, deadlines.store_page_ms / 1000, replica),
            exposures=exposures,
            telemetry=telemetry,
            clock=clock,
            settings=settings,
            sources=SOURCES,
        )
    )
    gateway = Gateway(producer, clock, telemetry, deadlines.events_ms / 1000)

    def close() -> None:
        exposures.flush()
        producer.close()

    return Service(snapshots, assembler, gateway, telemetry, breaker, clock, close)


def build_assembler(
    store: Store, log: Log, artifacts: Artifacts, folder: Path, settings: PageSettings, clock: Clock
) -> Assembler:
    """The assembler alone, over what is published now: for labs and tests with memory adapters. It
    follows nothing by itself.
    """
    service = build_service(store, log, artifacts, folder, settings, clock)
    service.snapshots.poll_pointer()
    service.snapshots.poll_catalog()
    return service.assembler


class Watcher:
    """The background thread that keeps a snapshots fresh until it is stopped."""

    def __init__(
        self, snapshots: SnapshotManager, pointer_s: float, catalog_s: float, clock: Clock
    ) -> None:
        self._shelf = snapshots
        self._pointer_s = pointer_s
        self._catalog_s = catalog_s
        self._clock = clock
        self._stopping = threading.Event()
        self._thread = threading.Thread(target=self._run, name="snapshots", daemon=True)

    def start(self) -> None:
        """Begin; the first look at what is published happens on the thread too, so that a missing
        store delays nobody.
        """
        self._thread.start()

    @property
    def alive(self) -> bool:
        """Whether the thread runs."""
        return self._thread.is_alive()

    def stop(self) -> None:
        """Stop and wait for the look under way to end."""
        self._stopping.set()
        self._thread.join(timeout=10)

    def _run(self) -> None:
        look_again_s = self._clock.monotonic_s()
        while not self._stopping.is_set():
            try:
                if self._clock.monotonic_s() >= look_again_s:
                    look_again_s = self._clock.monotonic_s() + self._pointer_s
                    self._take_up()
                self._shelf.poll_catalog()
            except MarqueeError:
                logger.exception("what is published could not be followed")
            self._stopping.wait(self._catalog_s)

    def _take_up(self) -> None:
        if self._shelf.poll_pointer():
            # A generation is a million objects that stay: the collector need not walk them again
            # while a page waits.
            gc.freeze()
