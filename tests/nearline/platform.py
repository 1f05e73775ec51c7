"""A worker with log and store in memory, and log and store that fail at a chosen step."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from threading import Event as Flag
from typing import Any

from nearline.handlers import HANDLERS
from nearline.handlers.registry import HandlerRegistry
from nearline.rows import blobs_by_row
from nearline.settings import WorkerSettings
from nearline.telemetry import WorkerMetrics
from nearline.worker import Worker
from shared.clock import ManualClock
from shared.log.memory import MemoryLog
from shared.log.port import Log, OutgoingRecord, Partition, Record, TopicSpec
from shared.records.blob import record_at, unpack
from shared.records.digest import DIGEST_PART, Digest, ExposureDigest
from shared.records.tallies import TRENDING, TallyTotals
from shared.store.memory import MemoryStore
from shared.store.port import Cells, Key, Store, Table, Write
from shared.store.tables import ALL_TABLES, PROFILE_EXPOSURES, PROFILE_STATE, TALLY_TOTALS
from shared.topics import DEAD_LETTERS, EXPOSURES, SIGNALS
from tests.nearline.events import LATER, SampleEvent

PARTITIONS = 2
SETTINGS = WorkerSettings(
    poll_records=7, poll_timeout_s=0, first_backoff_s=0.0001, longest_backoff_s=0.001
)


class Crash(BaseException):
    """The end of the process; no code under test may catch it."""


class NoEncoder:
    """An embedding refresher without an encoder."""

    def rows(self, digests: Sequence[Digest]) -> Sequence[dict[Key, Cells]]:
        return [{} for _ in digests]


@dataclass
class FailurePlan:
    """An error at the n-th step that touches log or store, before or after its effect."""

    at: int = -1
    error: BaseException | None = None
    applied: bool = False
    """Whether the step takes effect before the error, as when an answer is lost."""
    half: bool = False
    """Whether only half of several writes take effect."""
    steps: int = 0
    withheld: list[Write] = field(default_factory=list)
    """The writes that did not take effect; they may still arrive late."""

    def run(self, step: Any, writes: Sequence[Write] = ()) -> Any:
        """Run a step, which gets the writes that take effect."""
        self.steps += 1
        if self.steps != self.at or self.error is None:
            return step(writes)
        if self.applied:
            step(writes[: len(writes) // 2] if self.half else writes)
        self.withheld += writes
        raise self.error


class BreakableStore:
    """A store with writes that fail as planned."""

    def __init__(self, store: Store, failure: FailurePlan) -> None:
        self._store = store
        self._failure = failure

    def write(self, writes: Sequence[Write]) -> None:
        if writes:
            self._failure.run(self._store.write, writes)

    def __getattr__(self, name: str) -> Any:
        return getattr(self._store, name)


class BreakableLog:
    """A log with commits and sends that fail as planned."""

    def __init__(self, log: Log, failure: FailurePlan) -> None:
        self._log = log
        self._failure = failure

    def consumer(self, *args: Any) -> Any:
        return _Breakable(self._log.consumer(*args), self._failure, "commit")

    def producer(self) -> Any:
        return _Breakable(self._log.producer(), self._failure, "send")

    def __getattr__(self, name: str) -> Any:
        return getattr(self._log, name)


class _Breakable:
    def __init__(self, inner: Any, failure: FailurePlan, name: str) -> None:
        self._inner = inner
        self._failure = failure
        self._name = name

    def __getattr__(self, name: str) -> Any:
        method = getattr(self._inner, name)
        if name != self._name:
            return method
        return lambda argument: self._failure.run(lambda _writes: method(argument))


@dataclass
class MemoryPlatform:
    """A log and a store in memory, and readers of what they contain."""

    clock: ManualClock = field(default_factory=lambda: ManualClock(LATER))
    metrics: WorkerMetrics = field(default_factory=WorkerMetrics)

    def __post_init__(self) -> None:
        self.log = MemoryLog(self.clock)
        self.log.ensure_topics(
            [TopicSpec(topic, PARTITIONS, None) for topic in (SIGNALS, EXPOSURES)]
        )
        self.log.ensure_topics([TopicSpec(DEAD_LETTERS, 1, None)])
        self.store = MemoryStore(self.clock)
        self.store.migrate(ALL_TABLES)

    def produce(self, events: Iterable[SampleEvent]) -> None:
        """Write events to the log."""
        self.send(*(event.outgoing() for event in events))

    def send(self, *outgoing: OutgoingRecord) -> None:
        """Write records to the log."""
        producer = self.log.producer()
        for record in outgoing:
            producer.send(record).result(0)

    def worker(
        self,
        failure: FailurePlan | None = None,
        settings: WorkerSettings = SETTINGS,
        embeddings: Any = None,
        handlers: HandlerRegistry = HANDLERS,
    ) -> Worker:
        """A new worker with steps that fail as planned."""
        failure = failure or FailurePlan()
        log: Any = BreakableLog(self.log, failure)
        store: Any = BreakableStore(self.store, failure)
        return Worker(
            log,
            store,
            handlers,
            embeddings or NoEncoder(),
            settings,
            self.clock,
            self.metrics,
            Flag(),
        )

    def drain(self, worker: Worker) -> None:
        """Run the worker until it has read everything and written its totals."""
        empty_turns = 0
        while empty_turns < 3:
            empty_turns = empty_turns + 1 if worker.turn() == 0 else 0
            self.clock.advance_ms(1_500)

    def drain_until_crash(self, failure: FailurePlan, handlers: HandlerRegistry = HANDLERS) -> None:
        """Run a new worker until it crashes as planned, or else until it has read everything."""
        worker = self.worker(failure, handlers=handlers)
        try:
            self.drain(worker)
        except Crash:
            pass
        finally:
            worker.close()

    def fold(self, *events: SampleEvent, handlers: HandlerRegistry = HANDLERS) -> None:
        """Write events to the log, and have a new worker fold them."""
        self.produce(events)
        worker = self.worker(handlers=handlers)
        self.drain(worker)
        worker.close()

    def digest(self, profile_id: str = "p") -> Digest:
        """The stored digest of a profile's signals."""
        return unpack(self.rows(PROFILE_STATE, profile_id)[DIGEST_PART], Digest)

    def exposures(self, profile_id: str = "p") -> ExposureDigest:
        """The stored digest of a profile's exposures."""
        return unpack(self.rows(PROFILE_EXPOSURES, profile_id)[DIGEST_PART], ExposureDigest)

    def rows(self, table: Table, profile_id: str) -> dict[str, bytes]:
        """A profile's rows in a table by name."""
        return blobs_by_row(self.store.read(table, (profile_id,)))

    def totals(self, scope: str = "*", counter: str = TRENDING) -> TallyTotals:
        """The stored totals of a counter."""
        totals = record_at(self.store.read(TALLY_TOTALS, (counter, scope)), (), TallyTotals)
        assert totals is not None
        return totals

    def records(self, topic: str) -> list[Record]:
        """All records of a topic."""
        partitions = [Partition(topic, index) for index in range(self.log.topic(topic).partitions)]
        return [
            record
            for partition in partitions
            for record in self.log.read(partition, 0, self.log.end_offset(partition))
        ]

    def dead_letters(self) -> list[bytes]:
        """The dead letters as JSON."""
        return [record.value or b"" for record in self.records(DEAD_LETTERS)]

    def metric(self, name: str, **labels: str) -> float:
        """A metric's value, 0 without one."""
        return self.metrics.registry.get_sample_value(name, labels) or 0.0
