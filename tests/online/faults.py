"""A store that fails on purpose, table by table."""

from collections.abc import Mapping, Sequence

from shared.errors import StoreUnavailable
from shared.store.memory import MemoryStore
from shared.store.port import Cells, Key, Table, Write


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
