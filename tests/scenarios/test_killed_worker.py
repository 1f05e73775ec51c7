"""A nearline worker that is killed loses no event and counts none twice."""

from collections.abc import Iterator
from contextlib import closing, contextmanager
from dataclasses import replace
from functools import partial
from operator import lt

import pytest

from infra.demo.lag import NearlineLag
from infra.local.tiers import NEARLINE, RunningTier, start_tier
from infra.settings import Settings
from infra.wiring import open_log, open_store
from nearline.upkeep.inspection import read_profile
from shared.clock import SystemClock
from shared.records.blob import unpack
from shared.records.tallies import TRENDING, TallyBucket
from shared.store.memory import MemoryStore
from shared.store.port import Cells, Store
from shared.store.tables import ALL_TABLES, PROFILE_EXPOSURES, PROFILE_STATE, TALLIES
from tests.crash import kill9
from tests.nearline.reference import assert_signals, reference, starts
from tests.scenarios.harness.eventually import eventually
from tests.scenarios.harness.folding import append_events, fold_all, table_contents
from tests.scenarios.harness.random_events import random_events
from tests.stack import TestStack, free_ports

pytestmark = [pytest.mark.stack, pytest.mark.faults]

PROFILES = tuple(f"p{number:02d}" for number in range(30))
EVENTS = 6_000


def test_a_worker_killed_twice_stores_the_same_rows_as_an_uninterrupted_worker(
    stack: TestStack,
) -> None:
    settings = _with_small_batches(stack.fresh(partitions=2))
    events = random_events(PROFILES, EVENTS)
    with closing(open_log(settings)) as log, closing(open_store(settings)) as store:
        append_events(log, events)
        folded = 0
        for _ in range(2):
            with _worker(settings) as worker:
                eventually(partial(_folded, store), partial(lt, folded))
                kill9(worker)
            folded = _folded(store)
            assert folded < EVENTS, "the worker was killed after the last event"
        with _worker(settings) as worker:
            eventually(NearlineLag(settings, [worker]).remaining, lambda remaining: remaining == 0)

        uninterrupted = MemoryStore(SystemClock())
        uninterrupted.migrate(ALL_TABLES)
        fold_all(log, uninterrupted, "uninterrupted")
        for table in (PROFILE_STATE, PROFILE_EXPOSURES):
            assert table_contents(store, table) == table_contents(uninterrupted, table)

        for profile in PROFILES:
            stored = read_profile(store, profile)
            expected = reference(event for event in events if event.profile_id == profile)
            assert stored.digest is not None
            assert stored.exposures is not None
            assert_signals(stored.digest, expected)
            assert stored.exposures.seen == expected["seen"]
        assert _counted(store) == _counted(uninterrupted) == starts(events)


@contextmanager
def _worker(settings: Settings) -> Iterator[RunningTier]:
    worker = start_tier(NEARLINE, settings)
    try:
        yield worker
    finally:
        worker.stop()


def _with_small_batches(settings: Settings) -> Settings:
    """Settings with small batches, so that a kill happens between two of many batches."""
    nearline = settings.nearline
    port = free_ports(1)[0]
    return replace(
        settings,
        nearline=replace(
            nearline, metrics_port=port, worker=replace(nearline.worker, poll_records=25)
        ),
    )


def _folded(store: Store) -> int:
    """The number of events in the stored state."""
    return sum(
        fold.events for profile in PROFILES for fold in read_profile(store, profile).folds.values()
    )


def _counted(store: Store) -> dict[tuple[str, str], int]:
    """Started plays by scope and title, over all buckets and partitions."""
    counted: dict[tuple[str, str], int] = {}
    for (name, _), rows in table_contents(store, TALLIES).items():
        for cells in rows.values() if name == TRENDING else ():
            for scope, titles in _bucket(cells).counts.items():
                for title_id, count in titles.items():
                    counted[scope, title_id] = counted.get((scope, title_id), 0) + int(count)
    return counted


def _bucket(cells: Cells) -> TallyBucket:
    blob = cells["value"]
    assert isinstance(blob, bytes)
    return unpack(blob, TallyBucket)
