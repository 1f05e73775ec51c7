"""A store and a log that fail on purpose."""

from collections.abc import Mapping, Sequence
from concurrent.futures import Future

from online.gateway import Gateway
from online.telemetry import Telemetry
from shared.errors import Backpressure, StoreUnavailable
from shared.log.port import OutgoingRecord, Partition
from shared.store.memory import MemoryStore
from shared.store.port import Cells, Key, Table, Write
from tests.online.harness import ReplicaHarness


class FaultyStore(MemoryStore):
    """A memory store of which some tables (or all, by `*`) do not answer."""

    down: frozenset[str] = frozenset()

    def _check(self, table: Table) -> None:
        if self.down & {"*", table.name}:
            raise StoreUnavailable(f"{table.name} is down")

    def read(
        self, table: Table, partition: Key, clustering: Sequence[Key] | None = None
    ) -> Mapping[Key, Cells]:
        self._check(table)
        return super().read(table, partition, clustering)

    async def read_async(
        self,
        table: Table,
        partition: Key,
        clustering: Sequence[Key] | None = None,
        *,
        timeout_s: float,
    ) -> Mapping[Key, Cells]:
        self._check(table)
        return await super().read_async(table, partition, clustering, timeout_s=timeout_s)

    async def write_async(self, write: Write, *, timeout_s: float) -> None:
        self._check(write.table)
        await super().write_async(write, timeout_s=timeout_s)


class FailingProducer:
    """A producer whose records fail with an error, or are never acknowledged."""

    def __init__(self, error: Exception | None) -> None:
        self._error = error

    def send(self, record: OutgoingRecord) -> "Future[tuple[Partition, int]]":
        del record
        if isinstance(self._error, Backpressure):
            raise self._error
        future: Future[tuple[Partition, int]] = Future()
        if self._error is not None:
            future.set_exception(self._error)
        return future

    def flush(self, timeout_s: float) -> None: ...

    def close(self) -> None: ...


def fail_gateway(harness: ReplicaHarness, error: Exception | None) -> None:
    """Put the gateway over a producer that fails with an error, or never acknowledges (None)."""
    gateway = Gateway(FailingProducer(error), harness.clock, Telemetry(), 0.05)
    object.__setattr__(harness.service, "gateway", gateway)
