"""What the platform asks of a store: rows of cells under a partition key, last write wins by an
explicit timestamp.

A row is (partition key, clustering key) → cells. Every write names its timestamp, so that a replay
writes the same bytes at the same timestamp and an older writer loses. At equal timestamps the
larger cell value wins (Cassandra's rule, kept by every adapter). There are no counters, lists or
nulls: a removal is a value.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import Protocol

Value = str | int | bytes
Key = tuple[Value, ...]
Cells = Mapping[str, Value]


class ColumnType(StrEnum):
    """The type of a column, by its CQL name."""

    TEXT = "text"
    BIGINT = "bigint"
    BLOB = "blob"


@dataclass(frozen=True, slots=True)
class Table:
    """The layout of a table: named, typed columns; `owner` and `readers` say who writes and who
    reads it.
    """

    name: str
    partition: Mapping[str, ColumnType]
    clustering: Mapping[str, ColumnType]
    cells: Mapping[str, ColumnType]
    owner: str
    readers: str
    compare_and_set: bool = False


@dataclass(frozen=True, slots=True)
class Write:
    """Rows of one partition, written all or none, at one timestamp (any 63-bit number that grows;
    see `shared.log` for log time).

    With `ttl_s` the cells vanish that many seconds after the write; only `pages` uses it.
    """

    table: Table
    partition: Key
    rows: Mapping[Key, Cells]
    timestamp: int
    ttl_s: int | None = None


class Store(Protocol):
    """A connection to the store; safe to share between threads. Every statement is prepared and may
    be repeated.
    """

    def migrate(self, tables: Iterable[Table]) -> None:
        """Create what is missing; safe to repeat.

        Raises:
            SchemaMismatch: a table exists with other columns.
        """
        ...

    def read(
        self, table: Table, partition: Key, clustering: Sequence[Key] | None = None
    ) -> Mapping[Key, Cells]:
        """The rows of a partition by clustering key, all of them or those asked for; absent rows
        are left out.

        Raises:
            StoreUnavailable: no answer within the request timeout.
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
        """As `read`, awaited on the running event loop, with a deadline of its own.

        Raises:
            StoreUnavailable: no answer within `timeout_s`.
        """
        ...

    def write(self, writes: Sequence[Write]) -> None:
        """Apply all writes, many in flight at once; each is atomic, together they are not. Returns
        when all have been acknowledged.

        Raises:
            StoreUnavailable: some may not have been applied; writing all of them again is safe.
        """
        ...

    async def write_async(self, write: Write, *, timeout_s: float) -> None:
        """As `write` for one write, awaited on the running event loop.

        Raises:
            StoreUnavailable: unknown outcome.
        """
        ...

    def compare_and_set(
        self, table: Table, partition: Key, expected: Cells | None, new: Cells
    ) -> bool:
        """Replace a row of a table without clustering if it equals `expected` (None: if it is
        absent); True if it did.

        The only linearisable call: for pointers and leases. An unknown outcome is settled by a
        serial read before returning. Never mix it with `write` on the same table.

        Raises:
            StoreUnavailable: the outcome could not be settled.
        """
        ...

    def scan_partitions(self, table: Table) -> Iterable[Key]:
        """Every partition key, in no order; for maintenance jobs, never on a request's path."""
        ...

    def delete_partition(self, table: Table, partition: Key) -> None:
        """Remove a partition for good (old generations, erasure); a maintenance job's call."""
        ...

    def close(self) -> None:
        """Let go of the connection; safe to call twice."""
        ...
