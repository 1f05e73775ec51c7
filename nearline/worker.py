"""The nearline worker: poll, fold, send, write, commit. This order gives the guarantees.

Stored rows are a function of the log up to a position that is written with them in one batch. A
step may be repeated, but its effect is never applied twice. After a failure of log or store the
worker drops its memory of the batch's partitions, seeks to the start of the batch and reads it
again; records that the stored rows include are skipped by position. A crash is the same with an
empty memory.
"""

import logging
from collections.abc import Callable, Iterable
from contextlib import suppress
from functools import partial
from threading import Event as Flag
from typing import TypeVar

from nearline.embedding import EmbeddingRefresher, PublishedEncoder
from nearline.folding import Batch, FoldedBatch, Folding
from nearline.handlers import HANDLERS
from nearline.handlers.registry import HandlerRegistry
from nearline.lag import LagWatch
from nearline.positions import Positions
from nearline.profiles.cache import ProfileCache
from nearline.rows import PROFILE_TOPICS
from nearline.settings import WorkerSettings
from nearline.tallies.owned import OwnedTallies
from nearline.tallies.totals import TotalsWriter
from nearline.telemetry import WorkerMetrics
from shared.artifacts.port import Artifacts
from shared.clock import Clock
from shared.errors import Fenced, LogUnavailable, Retryable
from shared.log.port import Log, OutgoingRecord, Partition
from shared.models.registry import load_model
from shared.store.port import Store

log = logging.getLogger(__name__)

T = TypeVar("T")


class Worker:
    """A member of the nearline consumer group. Only the owner of a partition writes its rows."""

    def __init__(
        self,
        log_port: Log,
        store: Store,
        handlers: HandlerRegistry,
        embeddings: EmbeddingRefresher,
        settings: WorkerSettings,
        clock: Clock,
        metrics: WorkerMetrics,
        stop: Flag,
    ) -> None:
        self._store = store
        self._embeddings = embeddings
        self._settings = settings
        self._clock = clock
        self._metrics = metrics
        self._stop = stop
        self._next_run_s: dict[str, float] = {}
        self._next_turn_s: float | None = None
        self._failures = 0
        self._positions = Positions(log_port, store, tuple(PROFILE_TOPICS))
        self._retry_until_available(self._positions.register)
        self._cache = ProfileCache(
            store, handlers, metrics, settings.cached_profiles, self._positions.reaches
        )
        self._tallies = OwnedTallies(store, handlers.counters)
        self._folding = Folding(handlers, self._cache, self._tallies, self._positions, metrics)
        self._totals = [
            TotalsWriter(store, counter, self._positions.partitions[counter.topic])
            for counter in handlers.counters
        ]
        self._lag = LagWatch(self._positions, metrics, clock, settings.stuck_after_s)
        self._producer = self._retry_until_available(log_port.producer)
        group = self._positions.group(settings.group)
        self._consumer = self._retry_until_available(
            lambda: log_port.consumer(
                group, self._positions.topics, self._on_assigned, self._on_revoked
            )
        )

    def run(self) -> None:
        """Work until the stop flag is set; the current batch is finished first.

        Raises:
            Stop: continuing would lose data; the message names the command that repairs it.
        """
        while not self._stop.is_set():
            self.turn()

    def close(self) -> None:
        """Leave the group, so that other workers take over at once."""
        self._consumer.close()
        self._producer.close()
        self._cache.close()

    def turn(self) -> int:
        """Process one batch, completely or without effect, and run the periodic tasks that are due.

        Returns the number of records read.
        """
        batch: Batch = {}
        self._wait_for_next_turn()
        try:
            batch = self._consumer.poll(self._settings.poll_timeout_s, self._settings.poll_records)
            if batch:
                began_s = self._clock.monotonic_s()
                self._process(batch)
                if _size(batch) < self._settings.poll_records:
                    self._next_turn_s = began_s + self._settings.turn_every_s
        except Fenced as error:
            log.warning("partitions were assigned to another worker: %s", error)
            self._rewind(batch)
        except Retryable as error:
            self._rewind(batch)
            self._wait_after(error)
        else:
            self._run_periodic_tasks()
        return _size(batch)

    def _wait_for_next_turn(self) -> None:
        """After a batch that was not full, wait so that more events share the next one."""
        if self._next_turn_s is not None:
            self._stop.wait(max(0.0, self._next_turn_s - self._clock.monotonic_s()))
        self._next_turn_s = None

    def _process(self, batch: Batch) -> None:
        """Fold → send records → write tallies → write profiles → commit.

        A tally never includes less than the profiles do, so a replayed event is counted in both or
        in neither.
        """
        folded = self._folding.fold(batch, self._embeddings)
        self._send(folded.outgoing)
        with self._metrics.write_seconds.time():
            self._store.write(folded.tally_writes)
            self._store.write(folded.profile_writes)
        self._consumer.commit(folded.next_offsets)
        self._note_processed(folded)

    def _send(self, outgoing: list[OutgoingRecord]) -> None:
        """Write records to the log and wait until all are acknowledged."""
        futures = [self._producer.send(record) for record in outgoing]
        try:
            for future in futures:
                future.result(self._settings.acknowledge_timeout_s)
        except TimeoutError as error:
            raise LogUnavailable(f"{len(outgoing)} records were not acknowledged") from error

    def _note_processed(self, folded: FoldedBatch) -> None:
        self._failures = 0
        for state in folded.changed.values():
            state.unwritten.clear()
        self._cache.trim()
        now_ms = self._clock.now_ms()
        for received_ms in folded.received_ms:
            self._metrics.freshness_seconds.observe(max(0, now_ms - received_ms) / 1000)
        self._metrics.cached.set(len(self._cache))
        for partition, next_offset in folded.next_offsets.items():
            self._lag.advanced(partition, next_offset)

    def _rewind(self, batch: Batch) -> None:
        """Drop the memory of the batch's partitions, and seek to the start of the batch."""
        self._drop(batch)
        for partition in batch.keys() & self._consumer.assignment():
            # If the partition was reassigned in the meantime, its new owner starts from the
            # committed offset.
            with suppress(Fenced):
                self._consumer.seek(partition, batch[partition][0].offset)

    def _drop(self, partitions: Iterable[Partition]) -> None:
        self._cache.drop(partitions)
        self._tallies.drop(partitions)

    def _on_assigned(self, partitions: frozenset[Partition]) -> None:
        self._tallies.drop(partitions)
        for partition in sorted(partitions):
            start = self._retry_until_available(partial(self._start_of, partition))
            self._consumer.seek(partition, start)
            self._lag.assigned(partition, start)

    def _start_of(self, partition: Partition) -> int:
        counted = self._tallies.load(partition)
        return self._positions.start_of(partition, self._consumer.committed(partition), counted)

    def _on_revoked(self, partitions: frozenset[Partition]) -> None:
        self._drop(partitions)
        self._lag.revoked(partitions)

    def _run_periodic_tasks(self) -> None:
        """Run the tasks that are due. After a failure the next run repeats them."""
        owned = self._consumer.assignment()
        try:
            if self._is_due("totals", self._settings.totals_every_s):
                for totals in self._totals:
                    totals.write(self._tallies.of_counter(totals.spec, owned))
            if self._is_due("lag", self._settings.lag_every_s):
                self._lag.update(owned)
            if self._is_due("topics", self._settings.check_topics_every_s):
                self._positions.check()
        except Retryable as error:
            log.warning("a periodic task failed and will run again: %s", error)

    def _is_due(self, task: str, every_s: float) -> bool:
        now_s = self._clock.monotonic_s()
        if now_s < self._next_run_s.get(task, now_s):
            return False
        self._next_run_s[task] = now_s + every_s
        return True

    def _retry_until_available(self, call: Callable[[], T]) -> T:
        """Call until log and store answer. Once the stop flag is set, the error is raised."""
        while True:
            try:
                result = call()
            except Retryable as error:
                if self._stop.is_set():
                    raise
                self._wait_after(error)
            else:
                self._failures = 0
                return result

    def _wait_after(self, error: Retryable) -> None:
        self._failures += 1
        self._metrics.retries.labels(type(error).__name__).inc()
        log.warning("attempt %d failed: %s", self._failures, error)
        backoff_s = self._settings.first_backoff_s * 2 ** min(self._failures - 1, 16)
        self._stop.wait(min(self._settings.longest_backoff_s, backoff_s))


def _size(batch: Batch) -> int:
    return sum(len(records) for records in batch.values())


def run_worker(
    log_port: Log,
    store: Store,
    artifacts: Artifacts,
    settings: WorkerSettings,
    clock: Clock,
    stop: Flag,
    metrics: WorkerMetrics,
) -> None:
    """Run a worker with all handlers and the published encoder until `stop` is set.

    The current batch is finished first, then the group is left.

    Raises:
        Stop: continuing would lose data; the message names the command that repairs it.
    """
    embeddings = PublishedEncoder(
        store, artifacts, load_model, clock, settings.encoder_every_s, metrics
    )
    worker = Worker(log_port, store, HANDLERS, embeddings, settings, clock, metrics, stop)
    try:
        worker.run()
    finally:
        worker.close()
