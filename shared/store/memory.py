"""A store in memory that resolves conflicts as Cassandra does, for tests and simulation."""

import threading
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field

from shared.clock import Clock
from shared.errors import SchemaMismatch
from shared.store.checks import require_plain, require_pointer
from shared.store.port import Cells, Key, Table, Value, Write


@dataclass(frozen=True, slots=True)
class _Cell:
    """A value with the facts that decide a conflict: timestamp, then expiry, then bytes."""

    value: Value
    timestamp: int
    expires_ms: int | None

    def rank(self) -> tuple[int, bool, int, bytes]:
        return (
            self.timestamp,
            self.expires_ms is not None,
            self.expires_ms or 0,
            _serialized(self.value),
        )

    def is_live(self, now_ms: int) -> bool:
        return self.expires_ms is None or now_ms < self.expires_ms


@dataclass
class _Partition:
    rows: dict[Key, dict[str, _Cell]] = field(default_factory=dict)
    deleted_at: int = -1


def _serialized(value: Value) -> bytes:
    """The bytes that Cassandra compares as unsigned; negative integers are the larger ones."""
    if isinstance(value, int):
        return value.to_bytes(8, "big", signed=True)
    return value.encode() if isinstance(value, str) else value


class MemoryStore:
    """A store of one process; see `shared.store.port.Store`.

    The clock decides only when cells with a time to live expire.
    """

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self._lock = threading.Lock()
        self._tables: dict[str, Table] = {}
        self._partitions: dict[str, dict[Key, _Partition]] = {}

    def migrate(self, tables: Iterable[Table]) -> None:
        with self._lock:
            for table in tables:
                existing = self._tables.setdefault(table.name, table)
                if (existing.partition, existing.clustering, existing.cells) != (
                    table.partition,
                    table.clustering,
                    table.cells,
                ):
                    raise SchemaMismatch(
                        f"table {table.name} has other columns than this version expects"
                    )
                self._partitions.setdefault(table.name, {})

    def read(
        self, table: Table, partition: Key, clustering: Sequence[Key] | None = None
    ) -> Mapping[Key, Cells]:
        with self._lock:
            return self._read(table, partition, clustering)

    async def read_async(
        self,
        table: Table,
        partition: Key,
        clustering: Sequence[Key] | None = None,
        *,
        timeout_s: float,
    ) -> Mapping[Key, Cells]:
        del timeout_s
        return self.read(table, partition, clustering)

    def write(self, writes: Sequence[Write]) -> None:
        for write in writes:
            require_plain(write.table)
            with self._lock:
                self._apply(write)

    async def write_async(self, write: Write, *, timeout_s: float) -> None:
        del timeout_s
        self.write([write])

    def compare_and_set(
        self, table: Table, partition: Key, expected: Cells | None, new: Cells
    ) -> bool:
        require_pointer(table, expected, new)
        with self._lock:
            current = self._read(table, partition, None).get(())
            if current != expected:
                return False
            stored = self._table(table).setdefault(partition, _Partition())
            stored.rows[()] = {name: _Cell(value, 0, None) for name, value in new.items()}
            return True

    def scan_partitions(self, table: Table) -> Iterable[Key]:
        with self._lock:
            return [
                partition for partition in self._table(table) if self._read(table, partition, None)
            ]

    def delete_partition(self, table: Table, partition: Key) -> None:
        with self._lock:
            stored = self._table(table).get(partition)
            if stored is None:
                return
            newest = max(
                (cell.timestamp for row in stored.rows.values() for cell in row.values()),
                default=-1,
            )
            stored.rows.clear()
            if not table.compare_and_set:
                stored.deleted_at = max(stored.deleted_at, newest)

    def close(self) -> None:
        """Do nothing; the data stays readable."""

    def _table(self, table: Table) -> dict[Key, _Partition]:
        partitions = self._partitions.get(table.name)
        if partitions is None:
            raise SchemaMismatch(f"there is no table {table.name}; migrate first")
        return partitions

    def _read(
        self, table: Table, partition: Key, clustering: Sequence[Key] | None
    ) -> dict[Key, Cells]:
        stored = self._table(table).get(partition)
        if stored is None:
            return {}
        selected = (
            stored.rows
            if clustering is None
            else {key: stored.rows[key] for key in clustering if key in stored.rows}
        )
        now_ms = self._clock.now_ms()
        rows = {
            key: {
                name: row[name].value
                for name in table.cells
                if name in row and row[name].is_live(now_ms)
            }
            for key, row in sorted(selected.items())
        }
        return {key: cells for key, cells in rows.items() if cells}

    def _apply(self, write: Write) -> None:
        if not write.rows:
            return
        expires_ms = None if write.ttl_s is None else self._clock.now_ms() + write.ttl_s * 1000
        stored = self._table(write.table).setdefault(write.partition, _Partition())
        if write.timestamp <= stored.deleted_at:
            return
        for key, cells in write.rows.items():
            row = stored.rows.setdefault(key, {})
            for name, value in cells.items():
                cell = _Cell(value, write.timestamp, expires_ms)
                if name not in row or cell.rank() > row[name].rank():
                    row[name] = cell
