"""The worker on a real Kafka and Cassandra; tests/scenarios kills processes and stops clusters."""

from collections.abc import Iterator
from contextlib import closing
from threading import Event as Flag
from typing import Any

import pytest

from infra.wiring import open_log, open_store
from nearline.handlers import HANDLERS
from nearline.settings import WorkerSettings
from nearline.telemetry import WorkerMetrics
from nearline.upkeep.inspection import read_profile
from nearline.worker import Worker
from shared.clock import SystemClock
from shared.events.exposures import Impression
from shared.events.plays import PlayProgress
from shared.ids import PageId
from shared.log.port import Log
from shared.records.blob import unpack
from shared.records.tallies import TRENDING, TallyTotals
from shared.store.port import Store
from shared.store.tables import TALLY_TOTALS
from tests.contracts.waiting import until
from tests.nearline.events import SampleEvent, thumb, title
from tests.nearline.platform import BreakableLog, BreakableStore, Crash, FailurePlan, NoEncoder
from tests.stack import TestStack

pytestmark = pytest.mark.stack

PROFILES = [f"profile-{index}" for index in range(12)]


@pytest.fixture
def platform(stack: TestStack) -> Iterator[tuple[Log, Store]]:
    settings = stack.fresh(partitions=3)
    with closing(open_log(settings)) as log, closing(open_store(settings)) as store:
        yield log, store


def worker_of(log: Log, store: Store, failure: FailurePlan) -> Worker:
    breakable_log: Any = BreakableLog(log, failure)
    breakable_store: Any = BreakableStore(store, failure)
    settings = WorkerSettings(poll_records=20, totals_every_s=0.1)
    return Worker(
        breakable_log,
        breakable_store,
        HANDLERS,
        NoEncoder(),
        settings,
        SystemClock(),
        WorkerMetrics(),
        Flag(),
    )


def events_of(profile: str, now_ms: int) -> list[SampleEvent]:
    plays = [
        SampleEvent(
            f"{profile}-{part}",
            PlayProgress(
                title_id=title("a"),
                runtime_s=600,
                position_s=60 * part + 60,
                watched=((60 * part, 60 * part + 60),),
            ),
            now_ms - 600_000 + part * 60_000,
            profile,
        )
        for part in range(5)
    ]
    down = thumb(f"{profile}-thumb", "b", -1, now_ms, profile)
    seen = SampleEvent(
        f"{profile}-seen",
        Impression(page_id=PageId("g"), title_id=title("c"), row=1, column=1),
        now_ms,
        profile,
    )
    return [*plays, down, seen, down, seen]


def test_after_crashes_at_every_step_the_state_is_complete(
    platform: tuple[Log, Store],
) -> None:
    log, store = platform
    with closing(log.producer()) as producer:
        for profile in PROFILES:
            for event in events_of(profile, SystemClock().now_ms()):
                producer.send(event.outgoing())
        producer.flush(30)
    for step in range(1, 6):
        worker = worker_of(log, store, FailurePlan(step, Crash(), applied=step % 2 == 0, half=True))
        with pytest.raises(Crash):
            until(lambda: False, worker.turn)
        worker.close()
    worker = worker_of(log, store, FailurePlan())
    until(lambda: all(is_complete(store, profile) for profile in PROFILES), worker.turn)
    until(lambda: totals(store) == {"a": len(PROFILES)}, worker.turn)
    worker.close()
    for profile in PROFILES:
        stored = read_profile(store, profile)
        assert stored.digest is not None
        assert stored.exposures is not None
        (watched,) = stored.digest.watched
        assert (watched.position_s, watched.seen_s, stored.digest.events) == (300, 300, 6)
        assert stored.digest.thumbs == {"b": -1}
        assert stored.exposures.seen == {"c": 1}


def is_complete(store: Store, profile: str) -> bool:
    folds = read_profile(store, profile).folds
    return {table: fold.events for table, fold in folds.items()} == {
        "profile_state": 6,
        "profile_exposures": 1,
    }


def totals(store: Store) -> dict[str, int]:
    """Counted starts, rounded, because they decay when a new bucket starts during the test."""
    row = store.read(TALLY_TOTALS, (TRENDING, "*")).get(())
    if row is None:
        return {}
    blob = row["value"]
    assert isinstance(blob, bytes)
    return {name: round(count) for name, count in unpack(blob, TallyTotals).long.items()}
