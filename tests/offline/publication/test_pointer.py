"""The pointer: publication, rollback, and two processes that move it at the same time."""

import pytest

from offline.publication.pointer import ArmPointer, publish_pointer, read_pointer, roll_back
from shared.clock import ManualClock
from shared.errors import LeaseHeld, Stop
from shared.ids import GenerationId
from shared.store.memory import MemoryStore
from shared.store.port import Cells, Key, Table
from shared.store.tables import ALL_TABLES

ONE, TWO, THREE = GenerationId("g1"), GenerationId("g2"), GenerationId("g3")


@pytest.fixture
def store() -> MemoryStore:
    empty_store = MemoryStore(ManualClock())
    empty_store.migrate(ALL_TABLES)
    return empty_store


def test_publishing_makes_the_current_generation_the_previous_one(store: MemoryStore) -> None:
    assert publish_pointer(store, ONE) == ArmPointer(ONE, None)
    assert publish_pointer(store, TWO) == ArmPointer(TWO, ONE)
    assert read_pointer(store) == ArmPointer(TWO, ONE)


def test_publishing_the_current_generation_again_changes_nothing(store: MemoryStore) -> None:
    publish_pointer(store, ONE)
    publish_pointer(store, TWO)
    assert publish_pointer(store, TWO) == ArmPointer(TWO, ONE)


def test_a_rollback_swaps_the_generations_and_a_second_one_undoes_it(store: MemoryStore) -> None:
    publish_pointer(store, ONE)
    publish_pointer(store, TWO)
    assert roll_back(store) == (TWO, ONE)
    assert read_pointer(store) == ArmPointer(ONE, TWO)
    assert roll_back(store) == (ONE, TWO)


@pytest.mark.parametrize("published", [0, 1])
def test_without_a_previous_generation_there_is_nothing_to_roll_back_to(
    store: MemoryStore, published: int
) -> None:
    for _ in range(published):
        publish_pointer(store, ONE)
    with pytest.raises(Stop, match="nothing to roll back to"):
        roll_back(store)


def test_the_pointers_of_arms_are_independent(store: MemoryStore) -> None:
    publish_pointer(store, ONE)
    publish_pointer(store, TWO, arm="treatment")
    assert (read_pointer(store).current, read_pointer(store, "treatment").current) == (ONE, TWO)


class _RacingStore(MemoryStore):
    """Moves the pointer between the read and the write of the caller."""

    def compare_and_set(
        self, table: Table, partition: Key, expected: Cells | None, new: Cells
    ) -> bool:
        super().compare_and_set(table, partition, expected, {"current": THREE, "previous": ""})
        return super().compare_and_set(table, partition, expected, new)


def test_of_two_publishers_at_the_same_time_one_wins() -> None:
    store = _RacingStore(ManualClock())
    store.migrate(ALL_TABLES)
    with pytest.raises(LeaseHeld):
        publish_pointer(store, ONE)
    assert read_pointer(store) == ArmPointer(THREE, None)
