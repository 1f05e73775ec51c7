"""Ingest: every record of the log is in the lake once, despite failures and repeats."""

import pytest
from pyspark.sql import SparkSession

from offline.lake.ingest import commit_plan, ingest, plan_new
from offline.lake.lease import Lease
from offline.lake.table import ensure_table
from offline.lake.view import events, raw_records
from shared.clock import ManualClock
from shared.errors import LeaseHeld, LogGap
from shared.events.envelope import Origin
from shared.events.plays import PlayStarted
from shared.ids import PageId, TitleId
from shared.log.port import Partition
from shared.store.memory import MemoryStore
from shared.store.tables import ALL_TABLES
from tests.offline.events import NOW, event
from tests.offline.frozen_log import FrozenLog, empty_log

SIGNALS = Partition("signals", 0)


def memory_store(clock: ManualClock) -> MemoryStore:
    store = MemoryStore(clock)
    store.migrate(ALL_TABLES)
    return store


def play(event_id: str, origin: Origin | None = None) -> bytes:
    return event(
        PlayStarted(title_id=TitleId("t1"), runtime_s=5400), event_id, NOW - 1000, origin=origin
    )


def log_of(*values: bytes | None) -> FrozenLog:
    return empty_log().with_records(SIGNALS, values, append_time_ms=NOW)


def event_ids(spark: SparkSession, snapshot_id: int | None) -> list[str]:
    return sorted(
        row.event_id for row in events(spark, snapshot_id or 0).select("event_id").collect()
    )


def test_records_are_ingested_once_and_an_unchanged_log_makes_no_snapshot(
    lake: SparkSession,
) -> None:
    clock, log = ManualClock(NOW), log_of(play("e1"), play("e2"))
    store = memory_store(clock)
    first = ingest(lake, log, store, clock)
    second = ingest(lake, log, store, clock)
    assert (first.offsets, second.offsets) == (2, 0)
    assert first.snapshot_id == second.snapshot_id
    later = ingest(
        lake, log.with_records(SIGNALS, [play("e3")], append_time_ms=NOW + 5), store, clock
    )
    assert later.offsets == 1
    assert event_ids(lake, later.snapshot_id) == ["e1", "e2", "e3"]
    assert event_ids(lake, first.snapshot_id) == ["e1", "e2"]


def test_the_origin_of_a_play_is_stored(lake: SparkSession) -> None:
    origin = Origin("search", page_id=PageId("page-7"), row=2, column=3, token="arm-b")
    done = ingest(
        lake, log_of(play("e1", origin)), memory_store(ManualClock(NOW)), ManualClock(NOW)
    )
    row = events(lake, done.snapshot_id or 0).collect()[0]
    assert (
        row.origin_kind,
        row.origin_page_id,
        row.origin_row,
        row.origin_column,
        row.origin_token,
    ) == ("search", "page-7", 2, 3, "arm-b")
    assert row.title_id == "t1"


def test_invalid_events_are_stored_with_a_reason_and_are_not_in_the_view(
    lake: SparkSession,
) -> None:
    log = log_of(
        play("e1"),
        b"\xff not json",
        b'{"event_id":"x","type":"no.such","event_time_ms":1700000000000,"body":{}}',
        play("e2"),
    )
    done = ingest(lake, log, memory_store(ManualClock(NOW)), ManualClock(NOW))
    assert event_ids(lake, done.snapshot_id) == ["e1", "e2"]
    rows = raw_records(lake, done.snapshot_id or 0).orderBy("log_offset").collect()
    assert [row.reason for row in rows] == [None, "not_json", "unknown_type", None]
    assert bytes(rows[1].value) == b"\xff not json"


def test_a_range_committed_twice_and_an_event_sent_twice_give_one_event_each(
    lake: SparkSession,
) -> None:
    ensure_table(lake)
    log = log_of(play("e1"), play("e2"), play("e1"))
    plan = plan_new(lake, log)
    commit_plan(lake, log, plan, NOW)
    commit_plan(lake, log, plan, NOW + 1)
    done = ingest(lake, log, memory_store(ManualClock(NOW)), ManualClock(NOW))
    assert done.offsets == 0
    rows = events(lake, done.snapshot_id or 0).orderBy("event_id").collect()
    assert [(row.event_id, row.log_offset) for row in rows] == [("e1", 0), ("e2", 1)]
    assert raw_records(lake, done.snapshot_id or 0).count() == 3


def test_a_log_that_starts_beyond_the_marker_stops_the_ingest(
    lake: SparkSession,
) -> None:
    clock, log = ManualClock(NOW), log_of(play("e1"))
    store = memory_store(clock)
    ingest(lake, log, store, clock)
    trimmed = log.with_records(
        SIGNALS, [play("e2"), play("e3"), play("e4")], append_time_ms=NOW
    ).trimmed(SIGNALS, 3)
    with pytest.raises(LogGap, match="--accept-gap") as caught:
        ingest(lake, trimmed, store, clock)
    assert caught.value.lost == 2
    done = ingest(lake, trimmed, store, clock, accept_gap=True)
    assert (done.lost, event_ids(lake, done.snapshot_id)) == (2, ["e1", "e4"])


def test_a_concurrent_ingest_is_refused_until_the_lease_expires(
    lake: SparkSession,
) -> None:
    clock, log = ManualClock(NOW), log_of(play("e1"))
    store = memory_store(clock)
    with Lease(store, "ingest", clock, term_ms=60_000), pytest.raises(LeaseHeld):
        ingest(lake, log, store, clock)
    dead = Lease(store, "ingest", clock, term_ms=60_000)
    dead.__enter__()
    clock.advance_ms(60_001)
    assert ingest(lake, log, store, clock).offsets == 1


def test_a_recreated_topic_is_read_from_its_start(lake: SparkSession) -> None:
    clock = ManualClock(NOW)
    store = memory_store(clock)
    ingest(lake, log_of(play("e1"), play("e2")), store, clock)
    fresh = log_of(play("e3"))
    topics = {**fresh.topics, "signals": type(fresh.topics["signals"])("signals", "signals-2", 2)}
    done = ingest(lake, FrozenLog(topics, fresh.records), store, clock)
    assert event_ids(lake, done.snapshot_id) == ["e1", "e2", "e3"]
