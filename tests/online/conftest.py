"""The replica that most online tests use."""

from pathlib import Path

import pytest

from shared.clock import ManualClock
from shared.store.tables import ALL_TABLES
from tests.online.faults import FaultyStore
from tests.online.harness import ReplicaHarness
from tests.online.samples import NOW, title_of


@pytest.fixture
def bare(tmp_path: Path) -> ReplicaHarness:
    """A replica over an empty store: nothing is published."""
    clock = ManualClock(NOW)
    store = FaultyStore(clock)
    store.migrate(ALL_TABLES)
    return ReplicaHarness(tmp_path, store, [title_of(number) for number in range(400)], clock=clock)


@pytest.fixture
def harness(bare: ReplicaHarness) -> ReplicaHarness:
    """A replica with a published generation of 400 titles."""
    bare.publish()
    return bare


@pytest.fixture
def store(harness: ReplicaHarness) -> FaultyStore:
    """The harness's store, to be broken."""
    if not isinstance(harness.store, FaultyStore):
        raise TypeError(type(harness.store))
    return harness.store
