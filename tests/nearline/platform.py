"""A log and a store in memory around a worker, and ways to break them at any step."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from threading import Event as Flag
from typing import Any

from nearline.handlers import HANDLERS
from nearline.handlers.registry import HandlerRegistry
from nearline.settings import WorkerSettings
from nearline.telemetry import WorkerMetrics
from nearline.worker import Worker
from shared.clock import ManualClock
from shared.log.memory import MemoryLog
from shared.log.port import Log, OutgoingRecord, Partition, TopicSpec
from shared.records.blob import unpack
from shared.records.digest import DIGEST_PART, Digest, ExposureDigest
from shared.records.tallies import TRENDING, TallyTotals
from shared.store.memory import MemoryStore
from shared.store.port import Cells, Key, Store, Write
from shared.store.tables import ALL_TABLES, PROFILE_EXPOSURES, PROFILE_STATE, TALLY_TOTALS
from shared.topics import DEAD_LETTERS, EXPOSURES, SIGNALS
from tests.nearline.events import LATER, Said

PARTITIONS = 2
SETTINGS = WorkerSettings(
    poll_records=7, poll_timeout_s=0, first_backoff_s=0.0001, longest_backoff_s=0.001
)


class Crash(BaseException):
    """The process is gone; nothing in it may catch this."""


class NoEmbeddings:
    """There is no encoder."""

    def rows(self, digests: Sequence[Digest]) -> Sequence[dict[Key, Cells]]:
        return [{} for _ in digests]


@dataclass
class Trouble:
    """What happens at the n-th step that touches log or store: an error, before or after the step
    has had its effect.
    """

    at: int = -1
    error: BaseException | None = None
    applied: bool = False
    """Whether the step takes effect before the error: an answer that was lost on the way."""
    half: bool = False
    """Whether only some of several writes take effect."""
    steps: int = 0
    withheld: list[Write] = field(default_factory=list)
    """The writes that did not take effect, still on their way perhaps."""

    def strikes(self) -> bool:
        self.steps += 1
        return self.steps == self.at

    def run(self, do: Any, writes: Sequence[Write] = ()) -> Any:
        if not self.strikes() or self.error is None:
            return do(writes)
        if self.applied:
            do(writes[: len(writes) // 2] if self.half else writes)
        self.withheld += writes
        raise self.error


class BreakableStore:
    """A store whose writes may fail as planned."""

    def __init__(self, store: Store, trouble: Trouble) -> None:
        self._store = store
        self._trouble = trouble

    def write(self, writes: Sequence[Write]) -> None:
        if writes:
            self._trouble.run(self._store.write, writes)

    def __getattr__(self, name: str) -> Any:
        return getattr(self._store, name)


class BreakableLog:
    """A log whose commits and sends may fail as planned."""

    def __init__(self, log: Log, trouble: Trouble) -> None:
        self._log = log
        self._trouble = trouble

    def consumer(self, *args: Any) -> Any:
        return _Breakable(self._log.consumer(*args), self._trouble, "commit")

    def producer(self) -> Any:
        return _Breakable(self._log.producer(), self._trouble, "send")

    def __getattr__(self, name: str) -> Any:
        return getattr(self._log, name)


class _Breakable:
    def __init__(self, inner: Any, trouble: Trouble, name: str) -> None:
        self._inner = inner
        self._trouble = trouble
        self._name = name

    def __getattr__(self, name: str) -> Any:
        method = getattr(self._inner, name)
        if name != self._name:
            return method
        return lambda argument: self._trouble.run(lambda _writes: method(argument))


@dataclass
class Place:
    """Log and store, and what stands in them."""

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

    def say(self, events: Iterable[Said]) -> None:
        producer = self.log.producer()
        for event in events:
            producer.send(event.outgoing()).result(0)

    def send(self, *outgoing: OutgoingRecord) -> None:
        producer = self.log.producer()
        for record in outgoing:
            producer.send(record).result(0)

    def worker(
        self,
        trouble: Trouble | None = None,
        settings: WorkerSettings = SETTINGS,
        embeddings: Any = None,
        handlers: HandlerRegistry = HANDLERS,
    ) -> Worker:
        trouble = trouble or Trouble()
        log: Any = BreakableLog(self.log, trouble)
        store: Any = BreakableStore(self.store, trouble)
        return Worker(
            log,
            store,
            handlers,
            embeddings or NoEmbeddings(),
            settings,
            self.clock,
            self.metrics,
            Flag(),
        )

    def drain(self, worker: Worker) -> None:
        """Let the worker work until it has nothing left to read, and then write its totals."""
        quiet = 0
        while quiet < 3:
            quiet = quiet + 1 if worker.turn() == 0 else 0
            self.clock.advance_ms(1_500)

    def fold(self, *events: Said, handlers: HandlerRegistry = HANDLERS) -> None:
        """Say events, and have a fresh worker fold them."""
        self.say(events)
        worker = self.worker(handlers=handlers)
        self.drain(worker)
        worker.close()

    def digest(self, profile_id: str = "p") -> Digest:
        return unpack(self._digest(PROFILE_STATE, profile_id), Digest)

    def exposures(self, profile_id: str = "p") -> ExposureDigest:
        return unpack(self._digest(PROFILE_EXPOSURES, profile_id), ExposureDigest)

    def _digest(self, table: Any, profile_id: str) -> bytes:
        blob = self.store.read(table, (profile_id,), [(DIGEST_PART,)])[DIGEST_PART,]["value"]
        assert isinstance(blob, bytes)
        return blob

    def rows(self, table: Any, profile_id: str) -> dict[str, bytes]:
        return {
            str(name): bytes(cells["value"])  # type: ignore[arg-type]
            for (name,), cells in self.store.read(table, (profile_id,)).items()
        }

    def totals(self, scope: str = "*") -> TallyTotals:
        blob = self.store.read(TALLY_TOTALS, (TRENDING, scope))[()]["value"]
        assert isinstance(blob, bytes)
        return unpack(blob, TallyTotals)

    def dead_letters(self) -> list[bytes]:
        partition = Partition(DEAD_LETTERS, 0)
        return [
            record.value or b""
            for record in self.log.read(partition, 0, self.log.end_offset(partition))
        ]

    def metric(self, name: str, **labels: str) -> float:
        return self.metrics.registry.get_sample_value(name, labels) or 0.0
