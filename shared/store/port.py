"""The store port: rows of cells under a partition key; the write with the latest timestamp wins.

A row is (partition key, clustering key) → cells. Every write has an explicit timestamp, so a replay
writes the same bytes at the same timestamp, and an older writer loses. At equal timestamps the
larger cell value wins, as in Cassandra; all adapters do so. There are no counters, lists or nulls;
a removed record is written as a value.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import Protocol

Value = str | int | bytes
Key = tuple[Value, ...]
Cells = Mapping[str, Value]


class ColumnType(StrEnum):
    """The type of a column; the values are the names in CQL."""

    TEXT = "text"
    BIGINT = "bigint"
    BLOB = "blob"


@dataclass(frozen=True, slots=True)
class Table:
    """The columns of a table with their types.

    A table with `compare_and_set` has no clustering and is changed by that call only.
    """

    name: str
    partition: Mapping[str, ColumnType]
    clustering: Mapping[str, ColumnType]
    cells: Mapping[str, ColumnType]
    compare_and_set: bool = False


@dataclass(frozen=True, slots=True)
class Write:
    """Rows of one partition, written atomically at one timestamp.

    The timestamp is a 63-bit number; `shared.log.time` makes those of folded state. With `ttl_s`
    the cells expire that many seconds after the write.
    """

    table: Table
    partition: Key
    rows: Mapping[Key, Cells]
    timestamp: int
    ttl_s: int | None = None


class Store(Protocol):
    """A connection to the store; threads may share it.

    Every call is idempotent and may be repeated after StoreUnavailable. There are no transactions
    across partitions, and no order between concurrent writes except their timestamps.
    """

    def migrate(self, tables: Iterable[Table]) -> None:
        """Create the missing tables; safe to repeat.

        Raises:
            SchemaMismatch: a table exists with other columns.
        """
        ...

    def read(
        self, table: Table, partition: Key, clustering: Sequence[Key] | None = None
    ) -> Mapping[Key, Cells]:
        """The rows of a partition in order of clustering key: all, or those with the given keys.

        Absent rows are left out. Blocks.

        Raises:
            StoreUnavailable: no response within the request timeout.
        """
        ...

    async def read_async(
        self,
        table: Table,
        partition: Key,
        clustering: Sequence[Key] | None = None,
        *,
        timeout_s: float,
    ) -> Mapping[Key, Cells]:
        """As `read`, on the running event loop, with a deadline.

        Raises:
            StoreUnavailable: no response within `timeout_s`.
        """
        ...

    def write(self, writes: Sequence[Write]) -> None:
        """Apply all writes concurrently and wait until all are acknowledged.

        Each write is atomic, all together are not. Later reads see acknowledged writes.

        Raises:
            StoreUnavailable: some writes may not have been applied; repeating all of them is safe.
        """
        ...

    async def write_async(self, write: Write, *, timeout_s: float) -> None:
        """As `write` for one write, on the running event loop, with a deadline.

        Raises:
            StoreUnavailable: the write may or may not have been applied.
        """
        ...

    def compare_and_set(
        self, table: Table, partition: Key, expected: Cells | None, new: Cells
    ) -> bool:
        """Replace a row if it equals `expected` (None: if it is absent); return whether it did.

        The only linearizable call, for pointers and leases, on tables with `compare_and_set`. After
        a timeout a serial read determines the outcome before the call returns.

        Raises:
            StoreUnavailable: the outcome could not be determined.
            ValueError: the table or the cells do not allow the call.
        """
        ...

    def scan_partitions(self, table: Table) -> Iterable[Key]:
        """All partition keys, in no order. Reads the whole table: for maintenance jobs only."""
        ...

    def delete_partition(self, table: Table, partition: Key) -> None:
        """Delete a partition permanently, for maintenance jobs (old generations, erasure)."""
        ...

    def close(self) -> None:
        """Close the connection; safe to call twice."""
        ...
