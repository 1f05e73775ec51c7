"""kill -9 of the nearline worker in the middle of a stream costs nothing and counts nothing twice."""

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
from tests.nearline.reference import reference, starts
from tests.nearline.test_worker import assert_signals
from tests.scenarios.eventually import eventually
from tests.scenarios.folding import contents, fold_all, say
from tests.scenarios.past import past
from tests.stack import TestStack, free_ports

pytestmark = [pytest.mark.stack, pytest.mark.slow]

PROFILES = tuple(f"p{number:02d}" for number in range(30))
EVENTS = 6_000


def test_a_worker_killed_twice_leaves_what_an_uninterrupted_one_and_the_plain_fold_leave(
    stack: TestStack,
) -> None:
    settings, events = _with_small_batches(stack.fresh(partitions=2)), past(PROFILES, EVENTS)
    with closing(open_log(settings)) as log, closing(open_store(settings)) as store:
        say(log, events)
        done = 0
        for _ in range(2):
            with _worker(settings) as worker:
                eventually(partial(_folded, store), partial(lt, done))
                worker.kill9()
            done = _folded(store)
            assert done < EVENTS, "it was killed too late to be in the middle of anything"
        with _worker(settings) as worker:
            eventually(NearlineLag(settings, [worker]).remaining, lambda left: left == 0)

        uninterrupted = MemoryStore(SystemClock())
        uninterrupted.migrate(ALL_TABLES)
        fold_all(log, uninterrupted, "uninterrupted")
        for table in (PROFILE_STATE, PROFILE_EXPOSURES):
            assert contents(store, table) == contents(uninterrupted, table)

        for profile in PROFILES:
            known = read_profile(store, profile)
            expected = reference(event for event in events if event.profile_id == profile)
            assert known.digest is not None
            assert known.exposures is not None
            assert_signals(known.digest, expected)
            assert known.exposures.seen == expected["seen"]
        assert _counted(store) == _counted(uninterrupted) == starts(events)


@contextmanager
def _worker(settings: Settings) -> Iterator[RunningTier]:
    worker = start_tier(NEARLINE, settings)
    try:
        yield worker
    finally:
        worker.stop()


def _with_small_batches(settings: Settings) -> Settings:
    """Small batches make the stream long, and leave many places to be killed at."""
    nearline = settings.nearline
    port = free_ports(1)[0]
    return replace(
        settings,
        nearline=replace(
            nearline, metrics_port=port, worker=replace(nearline.worker, poll_records=25)
        ),
    )


def _folded(store: Store) -> int:
    """How many events the store includes."""
    return sum(
        fold.events for profile in PROFILES for fold in read_profile(store, profile).folds.values()
    )


def _counted(store: Store) -> dict[tuple[str, str], int]:
    """Counted starts by scope and title, over all buckets and partitions."""
    counted: dict[tuple[str, str], int] = {}
    for (name, _), rows in contents(store, TALLIES).items():
        for cells in rows.values() if name == TRENDING else ():
            for scope, titles in _bucket(cells).counts.items():
                for title_id, count in titles.items():
                    counted[scope, title_id] = counted.get((scope, title_id), 0) + int(count)
    return counted


def _bucket(cells: Cells) -> TallyBucket:
    blob = cells["value"]
    assert isinstance(blob, bytes)
    return unpack(blob, TallyBucket)
