"""The stage that most online tests play on."""

from pathlib import Path

import pytest

from shared.clock import ManualClock
from shared.store.tables import ALL_TABLES
from tests.online.faults import FaultyStore
from tests.online.kit import NOW, Stage, title_of


@pytest.fixture
def bare(tmp_path: Path) -> Stage:
    """A replica over an empty store: nothing is published."""
    clock = ManualClock(NOW)
    store = FaultyStore(clock)
    store.migrate(ALL_TABLES)
    return Stage(tmp_path, store, [title_of(number) for number in range(400)], clock=clock)


@pytest.fixture
def stage(bare: Stage) -> Stage:
    """A replica with a published generation of 400 titles."""
    bare.publish()
    return bare


@pytest.fixture
def store(stage: Stage) -> FaultyStore:
    """The stage's store, to be broken."""
    if not isinstance(stage.store, FaultyStore):
        raise TypeError(type(stage.store))
    return stage.store
