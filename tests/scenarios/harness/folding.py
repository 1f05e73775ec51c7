"""A nearline worker in a thread, for scenarios without a kill, and readers of its results."""

import threading
from collections.abc import Iterable, Iterator
from contextlib import closing, contextmanager

from nearline.settings import WorkerSettings
from nearline.telemetry import WorkerMetrics
from nearline.worker import run_worker
from shared.artifacts.memory import MemoryArtifacts
from shared.clock import SystemClock
from shared.log.port import Log
from shared.store.port import Cells, Key, Store, Table
from shared.topics import EXPOSURES, SIGNALS
from tests.nearline.events import SampleEvent
from tests.scenarios.harness.eventually import eventually

LAG = "marquee_nearline_lag_records"


def append_events(log: Log, events: Iterable[SampleEvent]) -> None:
    """Write events to the log in this order, with a separate producer."""
    with closing(log.producer()) as producer:
        sent = [producer.send(event.outgoing()) for event in events]
        producer.flush(120)
    assert all(future.exception() is None for future in sent)


def fold_all(log: Log, store: Store, group: str = "nearline") -> None:
    """Fold every record of the log with one worker."""
    with running_worker(log, store, group) as telemetry:
        partitions = sum(log.topic(topic).partitions for topic in (SIGNALS, EXPOSURES))
        eventually(lambda: _lags(telemetry), lambda lags: len(lags) == partitions and not any(lags))


@contextmanager
def running_worker(log: Log, store: Store, group: str) -> Iterator[WorkerMetrics]:
    """Run a worker; an error that ended it is raised at the end."""
    telemetry, stop, errors = WorkerMetrics(), threading.Event(), list[BaseException]()

    def run() -> None:
        try:
            run_worker(
                log,
                store,
                MemoryArtifacts(),
                WorkerSettings(group=group),
                SystemClock(),
                stop,
                telemetry,
            )
        except Exception as error:  # noqa: BLE001 - raised again below, in the test's thread
            errors.append(error)

    thread = threading.Thread(target=run, name="nearline")
    thread.start()
    try:
        yield telemetry
    finally:
        stop.set()
        thread.join()
    if errors:
        raise errors[0]


def table_contents(store: Store, table: Table) -> dict[Key, dict[Key, Cells]]:
    """All rows of a table."""
    return {
        partition: dict(store.read(table, partition)) for partition in store.scan_partitions(table)
    }


def _lags(telemetry: WorkerMetrics) -> list[float]:
    return [
        sample.value
        for family in telemetry.registry.collect()
        if family.name == LAG
        for sample in family.samples
    ]
