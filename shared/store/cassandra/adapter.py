"""The store's port on Cassandra."""

import asyncio
import threading
from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Any, TypeVar

from cassandra.concurrent import execute_concurrent
from cassandra.query import BatchStatement, BatchType

from shared.errors import SchemaMismatch, StoreUnavailable
from shared.store.cassandra import statements as cql
from shared.store.cassandra.errors import DRIVER_ERRORS, translate
from shared.store.cassandra.futures import await_rows
from shared.store.cassandra.keyspace import copies_in, replication_options
from shared.store.cassandra.session import COMPARE_AND_SET, PLAIN, SERIAL_READ, Connection
from shared.store.cassandra.settings import Address, CassandraTuning
from shared.store.checks import require_plain, require_pointer
from shared.store.port import Cells, Key, Table, Write

_CAS_ATTEMPTS = 3

Row = tuple[Any, ...]
Step = tuple[str, Row]
Result = TypeVar("Result")


class CassandraStore:
    """A store on Cassandra. The constructor does not wait for a connection.

    While the cluster is down every call raises StoreUnavailable at once. Calls succeed again a
    second or two after it is back. `replication` is the number of copies of each row in the local
    data center.
    """

    def __init__(
        self,
        address: Address,
        keyspace: str,
        *,
        replication: int,
        tuning: CassandraTuning | None = None,
    ) -> None:
        self._keyspace = keyspace
        self._local_dc = address.local_dc
        self._replication = replication
        self._tuning = tuning or CassandraTuning()
        self._connection = Connection(address, self._tuning)
        self._prepared: dict[str, Any] = {}
        self._prepare_lock = threading.Lock()

    def migrate(self, tables: Iterable[Table]) -> None:
        """See `shared.store.port.Store.migrate`; also compares the keyspace's replication."""
        options = replication_options(self._replication, self._local_dc)
        self._run(cql.create_keyspace(self._keyspace, options))
        self._require_replication(options)
        for table in tables:
            self._run(cql.create_table(self._keyspace, table))
            columns = set(self._execute(cql.READ_COLUMNS, (self._keyspace, table.name)))
            if columns != cql.columns_of(table):
                different = sorted(columns ^ cql.columns_of(table))
                raise SchemaMismatch(
                    f"table {self._keyspace}.{table.name} has other columns than this version "
                    f"expects: {different}; run the version that created it, or set another "
                    "cassandra.keyspace (MARQUEE_CASSANDRA__KEYSPACE)"
                )

    def _require_replication(self, options: Mapping[str, str]) -> None:
        """Refuse a keyspace with another replication. Raising it without a repair would let reads
        miss rows, so a person runs both commands.

        Raises:
            SchemaMismatch: with the commands that repair it.
        """
        row = self._execute(cql.READ_REPLICATION, (self._keyspace,))[0]
        copies = copies_in(row[0], self._local_dc)
        if copies == self._replication:
            return
        raise SchemaMismatch(
            f"keyspace {self._keyspace} stores each row {copies} times in data center "
            f"{self._local_dc} ({dict(row[0])}), expected {self._replication} times: run "
            f"`{cql.alter_keyspace(self._keyspace, options)};` in cqlsh and then `nodetool repair "
            f"--full {self._keyspace}` on every node, or set cassandra.replication "
            f"(MARQUEE_CASSANDRA__REPLICATION) to {copies}"
        )

    def read(
        self, table: Table, partition: Key, clustering: Sequence[Key] | None = None
    ) -> Mapping[Key, Cells]:
        query = self._read_query(table, partition, clustering)
        return {} if query is None else _rows(table, self._execute(*query))

    async def read_async(
        self,
        table: Table,
        partition: Key,
        clustering: Sequence[Key] | None = None,
        *,
        timeout_s: float,
    ) -> Mapping[Key, Cells]:
        query = self._read_query(table, partition, clustering)
        if query is None:
            return {}
        return _rows(table, await self._within(timeout_s, [query], f"read from {table.name}"))

    def write(self, writes: Sequence[Write]) -> None:
        statements = [(self._bound(self._inserts(write)), ()) for write in writes if write.rows]
        if not statements:
            return
        session = self._connection.session()
        results = execute_concurrent(
            session,
            statements,
            concurrency=self._tuning.concurrent_writes,
            raise_on_first_error=False,
        )
        failures = [outcome for success, outcome in results if not success]
        if failures:
            raise translate(
                failures[0], f"apply {len(failures)} of {len(statements)} writes"
            ) from failures[0]

    async def write_async(self, write: Write, *, timeout_s: float) -> None:
        if write.rows:
            await self._within(timeout_s, self._inserts(write), f"write to {write.table.name}")

    def compare_and_set(
        self, table: Table, partition: Key, expected: Cells | None, new: Cells
    ) -> bool:
        require_pointer(table, expected, new)
        for _ in range(_CAS_ATTEMPTS):
            try:
                return self._propose(table, partition, expected, new)
            except StoreUnavailable:
                # The proposal may have been accepted. A serial read completes or discards it, so
                # that the value that it returns is final.
                current = self._current(table, partition)
            if current == new:
                return True
            if current != expected:
                return False
        raise StoreUnavailable(
            f"could not settle a compare-and-set of {table.name} {partition} "
            f"in {_CAS_ATTEMPTS} attempts"
        )

    def scan_partitions(self, table: Table) -> Iterable[Key]:
        return (tuple(row) for row in self._execute(cql.select_keys(self._keyspace, table), ()))

    def delete_partition(self, table: Table, partition: Key) -> None:
        """See `shared.store.port.Store.delete_partition`.

        The tombstone has the timestamp of the newest cell. Log-time timestamps are far below the
        wall clock, so a tombstone with the current time would hide every later write.
        """
        if table.compare_and_set:
            self._execute(cql.delete_pointer(self._keyspace, table), partition, COMPARE_AND_SET)
            return
        times = [
            time
            for row in self._execute(cql.newest_timestamps(self._keyspace, table), partition)
            for time in row
            if time is not None
        ]
        if times:
            self._execute(cql.delete_partition(self._keyspace, table), (max(times), *partition))

    def close(self) -> None:
        self._connection.close()

    def _read_query(
        self, table: Table, partition: Key, clustering: Sequence[Key] | None
    ) -> tuple[str, Row] | None:
        if clustering is None:
            return cql.select_partition(self._keyspace, table), partition
        if not clustering:
            return None
        if not table.clustering:
            return cql.select_partition(self._keyspace, table), partition
        return cql.select_rows(self._keyspace, table), (*partition, list(clustering))

    def _inserts(self, write: Write) -> list[Step]:
        require_plain(write.table)
        tail = (write.timestamp,) if write.ttl_s is None else (write.timestamp, write.ttl_s)
        return [
            (
                cql.insert(self._keyspace, write.table, sorted(cells), write.ttl_s is not None),
                (*write.partition, *clustering, *(cells[name] for name in sorted(cells)), *tail),
            )
            for clustering, cells in write.rows.items()
        ]

    def _propose(self, table: Table, partition: Key, expected: Cells | None, new: Cells) -> bool:
        values = tuple(new[name] for name in table.cells)
        if expected is None:
            row = self._execute(
                cql.insert_if_absent(self._keyspace, table), (*partition, *values), COMPARE_AND_SET
            )[0]
        else:
            expected_values = tuple(expected[name] for name in table.cells)
            row = self._execute(
                cql.update_if_equal(self._keyspace, table),
                (*values, *partition, *expected_values),
                COMPARE_AND_SET,
            )[0]
        return bool(row[0])

    def _current(self, table: Table, partition: Key) -> Cells | None:
        rows = self._execute(cql.select_partition(self._keyspace, table), partition, SERIAL_READ)
        return _rows(table, rows).get(())

    def _bound(self, steps: Sequence[Step]) -> Any:
        """Return one statement with its values; preparing it for the first time is a round trip.

        Several steps are rows of one partition, so that their unlogged batch is one mutation.
        """
        bound = [self._bind(*step) for step in steps]
        if len(bound) == 1:
            return bound[0]
        batch = BatchStatement(BatchType.UNLOGGED)
        batch.is_idempotent = True
        for insert in bound:
            batch.add(insert)
        return batch

    def _bind(self, statement: str, values: Row) -> Any:
        prepared = self._prepared.get(statement)
        if prepared is None:
            with self._prepare_lock:
                prepared = self._prepared.get(statement) or self._prepare(statement)
        try:
            return prepared.bind(values)
        except (TypeError, ValueError) as error:
            raise translate(error, f"bind {len(values)} values to {statement!r}") from error

    def _prepare(self, statement: str) -> Any:
        session = self._connection.session()
        prepared = _translated(lambda: session.prepare(statement), f"prepare {statement!r}")
        prepared.is_idempotent = " IF " not in statement
        self._prepared[statement] = prepared
        return prepared

    def _execute(self, statement: str, values: Row, profile: Any = PLAIN) -> list[Row]:
        session = self._connection.session()
        bound = self._bind(statement, values)
        return _translated(
            lambda: list(session.execute(bound, execution_profile=profile)), f"run {statement!r}"
        )

    def _run(self, statement: str) -> None:
        """Run a schema change, which cannot be prepared, and wait until all nodes agree on it."""
        session = self._connection.session()
        result = _translated(lambda: session.execute(statement), f"run {statement!r}")
        if not result.response_future.is_schema_agreed:
            raise StoreUnavailable(
                f"the nodes do not agree on the schema after {statement!r}; "
                "run `marquee up` again when all nodes are up"
            )

    async def _within(self, timeout_s: float, steps: Sequence[Step], doing: str) -> list[Row]:
        """Run one statement from an event loop, with one deadline for connecting, preparing and
        executing.
        """
        try:
            async with asyncio.timeout(timeout_s):
                if not self._connection.first_attempt_done():
                    await asyncio.to_thread(self._connection.wait_first_attempt, timeout_s)
                session = self._connection.session()
                unprepared = any(statement not in self._prepared for statement, _ in steps)
                bound = (
                    await asyncio.to_thread(self._bound, steps)
                    if unprepared
                    else self._bound(steps)
                )
                return await await_rows(session, bound, timeout_s, doing)
        except TimeoutError as error:
            raise StoreUnavailable(
                f"could not {doing} within {timeout_s} s at {self._connection.address}"
            ) from error


def _rows(table: Table, rows: Iterable[Row]) -> dict[Key, Cells]:
    width = len(table.clustering)
    cells_by_key = {
        tuple(row[:width]): {
            name: value
            for name, value in zip(table.cells, row[width:], strict=True)
            if value is not None
        }
        for row in rows
    }
    return {key: cells for key, cells in cells_by_key.items() if cells}


def _translated(call: Callable[[], Result], doing: str) -> Result:
    try:
        return call()
    except DRIVER_ERRORS as error:
        raise translate(error, doing) from error
