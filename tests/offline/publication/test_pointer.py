"""The pointer: flips last, goes back, and never ends between two generations."""

import pytest

from offline.publication.pointer import Pointer, publish_pointer, read_pointer, roll_back
from shared.clock import ManualClock
from shared.errors import LeaseHeld, Stop
from shared.ids import GenerationId
from shared.store.memory import MemoryStore
from shared.store.port import Cells, Key, Table
from shared.store.tables import ALL_TABLES

ONE, TWO, THREE = GenerationId("g1"), GenerationId("g2"), GenerationId("g3")


@pytest.fixture
def store() -> MemoryStore:
    made = MemoryStore(ManualClock())
    made.migrate(ALL_TABLES)
    return made


def test_publishing_remembers_what_was_current(store: MemoryStore) -> None:
    assert publish_pointer(store, ONE) == Pointer(ONE, None)
    assert publish_pointer(store, TWO) == Pointer(TWO, ONE)
    assert read_pointer(store) == Pointer(TWO, ONE)


def test_publishing_the_current_generation_again_changes_nothing(store: MemoryStore) -> None:
    publish_pointer(store, ONE)
    publish_pointer(store, TWO)
    assert publish_pointer(store, TWO) == Pointer(TWO, ONE)


def test_a_rollback_swaps_and_twice_is_nothing(store: MemoryStore) -> None:
    publish_pointer(store, ONE)
    publish_pointer(store, TWO)
    assert roll_back(store) == (TWO, ONE)
    assert read_pointer(store) == Pointer(ONE, TWO)
    assert roll_back(store) == (ONE, TWO)


@pytest.mark.parametrize("published", [0, 1])
def test_without_a_previous_generation_there_is_nothing_to_roll_back_to(
    store: MemoryStore, published: int
) -> None:
    for _ in range(published):
        publish_pointer(store, ONE)
    with pytest.raises(Stop, match="nothing to roll back to"):
        roll_back(store)


def test_arms_move_apart(store: MemoryStore) -> None:
    publish_pointer(store, ONE)
    publish_pointer(store, TWO, arm="treatment")
    assert (read_pointer(store).current, read_pointer(store, "treatment").current) == (ONE, TWO)


class _SomebodyElse(MemoryStore):
    """Moves the pointer between another's look and its move."""

    def compare_and_set(
        self, table: Table, partition: Key, expected: Cells | None, new: Cells
    ) -> bool:
        super().compare_and_set(table, partition, expected, {"current": THREE, "previous": ""})
        return super().compare_and_set(table, partition, expected, new)


def test_two_publishers_at_once_have_one_winner() -> None:
    store = _SomebodyElse(ManualClock())
    store.migrate(ALL_TABLES)
    with pytest.raises(LeaseHeld):
        publish_pointer(store, ONE)
    assert read_pointer(store) == Pointer(THREE, None)
