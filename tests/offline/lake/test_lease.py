"""The lease: one holder at a time, renewed while it works, expiring when it dies."""

import pytest

from offline.lake.lease import Lease
from shared.clock import ManualClock
from shared.errors import LeaseHeld, StoreUnavailable
from shared.store.memory import MemoryStore
from shared.store.port import Cells, Key, Table
from shared.store.tables import ALL_TABLES, LEASES


@pytest.fixture
def clock() -> ManualClock:
    return ManualClock()


@pytest.fixture
def store(clock: ManualClock) -> MemoryStore:
    memory = MemoryStore(clock)
    memory.migrate(ALL_TABLES)
    return memory


def test_a_released_lease_can_be_taken_at_once(store: MemoryStore, clock: ManualClock) -> None:
    with Lease(store, "job", clock):
        pass
    with Lease(store, "job", clock):
        pass


def test_leases_of_different_jobs_are_independent(store: MemoryStore, clock: ManualClock) -> None:
    with Lease(store, "one", clock), Lease(store, "two", clock):
        pass


def test_a_held_lease_is_refused_with_the_remaining_time(
    store: MemoryStore, clock: ManualClock
) -> None:
    with (
        Lease(store, "job", clock, term_ms=60_000),
        pytest.raises(LeaseHeld, match="60 s"),
        Lease(store, "job", clock),
    ):
        pass


def test_a_check_renews_the_lease(store: MemoryStore, clock: ManualClock) -> None:
    with Lease(store, "job", clock, term_ms=60_000) as lease:
        clock.advance_ms(50_000)
        lease.check()
        assert store.read(LEASES, ("job",))[()]["until_ms"] == clock.now_ms() + 60_000


def test_the_check_of_an_expired_holder_fails_before_its_commit(
    store: MemoryStore, clock: ManualClock
) -> None:
    with Lease(store, "job", clock, term_ms=600_000) as expired:
        clock.advance_ms(600_001)
        with Lease(store, "job", clock), pytest.raises(LeaseHeld):
            expired.check()
            # The expired holder must not release the new holder's lease.
        with Lease(store, "job", clock):
            pass


class _Unsure(MemoryStore):
    """Applies a compare-and-set without answering when `unsure` is set."""

    unsure = False

    def compare_and_set(
        self, table: Table, partition: Key, expected: Cells | None, new: Cells
    ) -> bool:
        applied = super().compare_and_set(table, partition, expected, new)
        if self.unsure:
            self.unsure = False
            raise StoreUnavailable("no answer")
        return applied


def test_a_renewal_without_an_answer_does_not_lose_the_lease(clock: ManualClock) -> None:
    store = _Unsure(clock)
    store.migrate(ALL_TABLES)
    with Lease(store, "job", clock, term_ms=600_000) as lease:
        clock.advance_ms(10)
        store.unsure = True
        with pytest.raises(StoreUnavailable):
            lease.check()
        clock.advance_ms(10)
        lease.check()


def test_an_error_releases_the_lease(store: MemoryStore, clock: ManualClock) -> None:
    with pytest.raises(ZeroDivisionError), Lease(store, "job", clock):
        1 / 0  # noqa: B018
    with Lease(store, "job", clock):
        pass
