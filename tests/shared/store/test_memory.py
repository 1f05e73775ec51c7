from collections.abc import Iterator
from contextlib import contextmanager

from shared.clock import ManualClock
from shared.store.memory import MemoryStore
from tests.contracts.store_contract import StoreContract
from tests.contracts.store_tables import TABLES


class TestMemoryStore(StoreContract):
    clock = ManualClock()

    @contextmanager
    def open_store(self) -> Iterator[MemoryStore]:
        store = MemoryStore(self.clock)
        store.migrate(TABLES)
        yield store
        store.close()

    def wait_a_little(self) -> None:
        self.clock.advance_ms(100)
