"""One replica: its components, and the thread that updates its published snapshots."""

import gc
import logging
import threading
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from online.breaker import Breaker
from online.gateway import Gateway
from online.page.admission import Admission
from online.page.assemble import Assembler
from online.page.components import PageComponents
from online.page.planner import Planner
from online.page.served.exposure_log import ExposureLog
from online.page.served.stored_pages import StoredPages
from online.page.signals.hydrate import Hydrator
from online.page.signals.trending import Trending
from online.page.sources.registry import KINDS
from online.published.loader import GenerationLoader
from online.published.snapshot_manager import PublishedSnapshot, SnapshotManager
from online.settings import ServiceSettings
from online.telemetry import Telemetry
from shared.api.state import ReadyAnswer
from shared.artifacts.port import Artifacts
from shared.clock import Clock
from shared.errors import MarqueeError
from shared.log.port import Log, Producer
from shared.store.port import Store

logger = logging.getLogger(__name__)


@dataclass(frozen=True)
class Service:
    """The components of a replica; nothing runs until a Watcher polls `snapshots`."""

    snapshots: SnapshotManager
    arm: str
    components: PageComponents
    assembler: Assembler
    gateway: Gateway
    breaker: Breaker
    close: Callable[[], None]

    def published(self) -> PublishedSnapshot:
        """The snapshot that the replica's arm serves now."""
        return self.snapshots.published(self.arm)

    def state(self) -> ReadyAnswer:
        """Whether the replica can serve, and from what."""
        published = self.published()
        return ReadyAnswer(
            ready=published.ready,
            generation=published.snapshot.generation_id,
            static_page=published.static_page is not None,
            catalog_age_ms=published.catalog_age_ms,
            titles=len(published.snapshot.view),
        )

    def metrics(self) -> bytes:
        """The metrics in Prometheus' text format, with current gauges."""
        published, telemetry = self.published(), self.components.telemetry
        age_ms = published.catalog_age_ms
        telemetry.catalog_age.set(-1 if age_ms is None else age_ms / 1000)
        telemetry.breaker_open.set(self.breaker.is_open)
        telemetry.generation.clear()
        telemetry.generation.labels(published.snapshot.generation_id or "none").set(1)
        return telemetry.exposition()


def build_service(
    store: Store,
    log: Log,
    artifacts: Artifacts,
    folder: Path,
    settings: ServiceSettings,
    clock: Clock,
) -> Service:
    """Build a replica over the given ports.

    `folder` holds the pointer and artifacts, for a restart without network.
    """
    telemetry, breaker, producer = Telemetry(), Breaker(clock), log.producer()
    snapshots = SnapshotManager(
        store, log, GenerationLoader(artifacts, folder), clock, [settings.arm]
    )
    exposures = ExposureLog(producer, clock, telemetry, settings.replica)
    components = PageComponents(
        planner=Planner(
            snapshots, {settings.arm: settings.page}, lambda _: settings.arm, settings.arm
        ),
        admission=Admission(settings.deadlines.queue_ms / 1000),
        hydrator=_hydrator(store, breaker, telemetry, settings),
        trending=_trending(store, breaker, clock, settings),
        pages=StoredPages(store, breaker, telemetry, settings.deadlines, settings.replica),
        exposures=exposures,
        telemetry=telemetry,
        clock=clock,
        deadlines=settings.deadlines,
        budgets=settings.budgets,
        token_key=settings.replica.token_key.value,
    )
    return Service(
        snapshots=snapshots,
        arm=settings.arm,
        components=components,
        assembler=Assembler(components),
        gateway=Gateway(producer, clock, telemetry, settings.deadlines.events_ms / 1000),
        breaker=breaker,
        close=lambda: _close(exposures, producer),
    )


def _hydrator(
    store: Store, breaker: Breaker, telemetry: Telemetry, settings: ServiceSettings
) -> Hydrator:
    return Hydrator(
        store,
        breaker,
        telemetry,
        settings.deadlines,
        kinds=KINDS,
        cache_size=settings.replica.cached_candidates,
    )


def _trending(store: Store, breaker: Breaker, clock: Clock, settings: ServiceSettings) -> Trending:
    return Trending(
        store,
        breaker,
        clock,
        refresh_s=settings.replica.trending_s,
        deadline_s=settings.deadlines.trending_ms / 1000,
    )


def _close(exposures: ExposureLog, producer: Producer) -> None:
    exposures.flush()
    producer.close()


class Watcher:
    """The background thread that updates a replica's snapshots until it is stopped."""

    def __init__(
        self, snapshots: SnapshotManager, pointer_s: float, catalog_s: float, clock: Clock
    ) -> None:
        self._snapshots = snapshots
        self._pointer_s = pointer_s
        self._catalog_s = catalog_s
        self._clock = clock
        self._stopping = threading.Event()
        self._thread = threading.Thread(target=self._run, name="snapshots", daemon=True)

    def start(self) -> None:
        """Start the thread; the first poll runs on it, so an unavailable store delays nothing."""
        self._thread.start()

    @property
    def alive(self) -> bool:
        """Whether the thread runs."""
        return self._thread.is_alive()

    def stop(self) -> None:
        """Stop, and wait for the current poll to end."""
        self._stopping.set()
        self._thread.join(timeout=10)

    def _run(self) -> None:
        next_pointer_s = self._clock.monotonic_s()
        while not self._stopping.is_set():
            try:
                if self._clock.monotonic_s() >= next_pointer_s:
                    next_pointer_s = self._clock.monotonic_s() + self._pointer_s
                    self._poll_pointer()
                self._snapshots.poll_catalog()
            except MarqueeError:
                logger.exception("the published generation and catalog cannot be followed")
            self._stopping.wait(self._catalog_s)

    def _poll_pointer(self) -> None:
        if self._snapshots.poll_pointer():
            # A generation is a million long-lived objects: exclude them from garbage collection,
            # which would otherwise delay pages.
            gc.freeze()
