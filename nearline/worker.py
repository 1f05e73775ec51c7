"""The nearline worker: poll, fold, write, commit; everything it guarantees follows from the order
of those steps.

What is written is a function of the log up to a position that is written with it, so a step may be
repeated but never half counts. After any failure of log or store the worker forgets what it holds
in memory of the batch's partitions, goes back to where the batch began and reads again; records
whose effect is stored already are skipped by position. A crash is the same, only with an empty
memory.
"""

import logging
from collections.abc import Callable, Iterable
from contextlib import suppress
from functools import partial
from threading import Event as Flag
from typing import TypeVar

from nearline.cache import ProfileCache
from nearline.embedding import EmbeddingRefresher, PublishedEncoder
from nearline.folding import Batch, Folded, Folding, feeds_tally
from nearline.lag import LagWatch
from nearline.positions import Positions
from nearline.settings import WorkerSettings
from nearline.tallies import PartitionTally, read_tally
from nearline.telemetry import Telemetry
from nearline.totals import TotalsWriter
from shared.artifacts.port import Artifacts
from shared.clock import Clock
from shared.errors import Fenced, LogUnavailable, Retryable
from shared.log.port import Log, OutgoingRecord, Partition
from shared.models.registry import load_model
from shared.store.port import Store
from shared.topics import EXPOSURES, SIGNALS

log = logging.getLogger(__name__)

T = TypeVar("T")


class Worker:
    """One member of the nearline group. Several share the partitions; each row of state is written
    by the owner of one partition.
    """

    def __init__(
        self,
        log_port: Log,
        store: Store,
        embeddings: EmbeddingRefresher,
        settings: WorkerSettings,
        clock: Clock,
        telemetry: Telemetry,
        stop: Flag,
    ) -> None:
        self._store = store
        self._embeddings = embeddings
        self._settings = settings
        self._clock = clock
        self._telemetry = telemetry
        self._stop = stop
        self._due: dict[str, float] = {}
        self._gather_until_s: float | None = None
        self._failures = 0
        self._positions = Positions(log_port, store, (SIGNALS, EXPOSURES))
        self._retry_until_available(self._positions.register)
        self._cache = ProfileCache(store, settings.cached_profiles, self._positions.reaches)
        self._folding = Folding(self._cache, self._positions, telemetry)
        self._tallies: dict[Partition, PartitionTally] = {}
        self._totals = TotalsWriter(store, self._positions.partitions[SIGNALS])
        self._lag = LagWatch(self._positions, telemetry, clock, settings.stuck_after_s)
        self._producer = self._retry_until_available(log_port.producer)
        group = self._positions.group(settings.group)
        self._consumer = self._retry_until_available(
            lambda: log_port.consumer(
                group, self._positions.topics, self._on_assigned, self._on_revoked
            )
        )

    def run(self) -> None:
        """Work until the stop flag is set; the batch at hand is finished first.

        Raises:
            Stop: going on would lose something; the message names the command that mends it.
        """
        while not self._stop.is_set():
            self.turn()

    def close(self) -> None:
        """Leave the group, so that others take over at once."""
        self._consumer.close()
        self._producer.close()
        self._cache.close()

    def turn(self) -> int:
        """One batch, whole or not at all, and what is due besides; returns how many records were
        read.
        """
        batch: Batch = {}
        self._pace()
        try:
            batch = self._consumer.poll(self._settings.poll_timeout_s, self._settings.poll_records)
            if batch:
                began_s = self._clock.monotonic_s()
                self._process(batch)
                if sum(len(records) for records in batch.values()) < self._settings.poll_records:
                    self._gather_until_s = began_s + self._settings.turn_every_s
        except Fenced as error:
            log.warning("partitions went to another worker: %s", error)
            self._go_back(batch)
        except Retryable as error:
            self._go_back(batch)
            self._wait_after(error)
        else:
            self._run_periodic_tasks()
        return sum(len(records) for records in batch.values())

    def _pace(self) -> None:
        """Let events gather for a moment after a turn that found less than a full batch."""
        if self._gather_until_s is not None:
            self._stop.wait(max(0.0, self._gather_until_s - self._clock.monotonic_s()))
        self._gather_until_s = None

    def _process(self, batch: Batch) -> None:
        """Fold → tallies → profiles → commit. A tally is never behind the profiles, so a replayed
        event finds both or neither counted.
        """
        folded = self._folding.fold(batch, self._tallies_of(batch), self._embeddings)
        self._send(folded.strays)
        with self._telemetry.write_seconds.time():
            self._store.write(folded.tally_writes)
            self._store.write(folded.profile_writes)
        self._consumer.commit(folded.next_offsets)
        self._done(folded)

    def _tallies_of(self, batch: Batch) -> dict[Partition, PartitionTally]:
        counted = [partition for partition in batch if feeds_tally(partition)]
        for partition in counted:
            if partition not in self._tallies:
                self._tallies[partition] = read_tally(self._store, partition)
        return {partition: self._tallies[partition] for partition in counted}

    def _send(self, strays: list[OutgoingRecord]) -> None:
        """Dead letters and misrouted records are in the log before anything of their batch counts
        as done.
        """
        futures = [self._producer.send(stray) for stray in strays]
        try:
            for future in futures:
                future.result(self._settings.acknowledge_timeout_s)
        except TimeoutError as error:
            raise LogUnavailable(
                f"{len(strays)} dead letters and misrouted records were not acknowledged"
            ) from error

    def _done(self, folded: Folded) -> None:
        self._failures = 0
        for state in folded.touched.values():
            state.dirty.clear()
        self._cache.trim()
        now_ms = self._clock.now_ms()
        for received_ms in folded.received_ms:
            self._telemetry.freshness_seconds.observe(max(0, now_ms - received_ms) / 1000)
        self._telemetry.cached.set(len(self._cache))
        for partition, next_offset in folded.next_offsets.items():
            self._lag.moved(partition, next_offset)

    def _go_back(self, batch: Batch) -> None:
        """Forget what memory holds of the batch's partitions, and read from where the batch began."""
        self._forget(batch)
        for partition in batch.keys() & self._consumer.assignment():
            # Should the partition have gone to another member meanwhile, that one starts from what
            # was committed.
            with suppress(Fenced):
                self._consumer.seek(partition, batch[partition][0].offset)

    def _forget(self, partitions: Iterable[Partition]) -> None:
        self._cache.forget(partitions)
        for partition in partitions:
            self._tallies.pop(partition, None)

    def _on_assigned(self, partitions: frozenset[Partition]) -> None:
        for partition in sorted(partitions):
            start = self._retry_until_available(partial(self._start_of, partition))
            self._consumer.seek(partition, start)
            self._lag.assigned(partition, start)

    def _start_of(self, partition: Partition) -> int:
        folded = None
        if feeds_tally(partition):
            self._tallies[partition] = read_tally(self._store, partition)
            folded = self._tallies[partition].position
        return self._positions.start_of(partition, self._consumer.committed(partition), folded)

    def _on_revoked(self, partitions: frozenset[Partition]) -> None:
        self._forget(partitions)
        self._lag.revoked(partitions)

    def _run_periodic_tasks(self) -> None:
        """What is done by the clock; none of it is on the way from an event to its rows, so a
        failure waits for the next time.
        """
        owned = self._consumer.assignment()
        try:
            if self._is_due("totals", self._settings.totals_every_s):
                self._totals.write(
                    [tally for partition, tally in self._tallies.items() if partition in owned]
                )
            if self._is_due("lag", self._settings.lag_every_s):
                self._lag.look(owned)
            if self._is_due("topics", self._settings.check_topics_every_s):
                self._positions.check()
        except Retryable as error:
            log.warning("put off: %s", error)

    def _is_due(self, what: str, every_s: float) -> bool:
        now_s = self._clock.monotonic_s()
        if now_s < self._due.get(what, now_s):
            return False
        self._due[what] = now_s + every_s
        return True

    def _retry_until_available(self, call: Callable[[], T]) -> T:
        """Call until log and store answer. Once the worker is to stop, the error rises."""
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
        self._telemetry.retries.labels(type(error).__name__).inc()
        log.warning("attempt %d failed: %s", self._failures, error)
        self._stop.wait(
            min(
                self._settings.longest_backoff_s,
                self._settings.first_backoff_s * 2 ** min(self._failures - 1, 16),
            )
        )


def run_worker(
    log_port: Log,
    store: Store,
    artifacts: Artifacts,
    settings: WorkerSettings,
    clock: Clock,
    stop: Flag,
    telemetry: Telemetry,
) -> None:
    """Run a worker with the published encoder until `stop` is set; the batch at hand is finished
    and the group is left.

    Raises:
        Stop: going on would lose something; the message names the command that mends it.
    """
    embeddings = PublishedEncoder(
        store, artifacts, load_model, clock, settings.encoder_every_s, telemetry
    )
    worker = Worker(log_port, store, embeddings, settings, clock, telemetry, stop)
    try:
        worker.run()
    finally:
        worker.close()
