"""The worker's treatment of repeated, broken and misrouted records, and of replaced logs."""

import base64
import json
from dataclasses import replace

import pytest

from nearline.handlers import feedback
from nearline.handlers.effects import Effects
from nearline.handlers.registry import HandlerRegistry
from nearline.profiles.recent import SLOT_MS
from shared.errors import LogGap, LogReplaced, LogUnavailable
from shared.events.accept import AcceptedEvent
from shared.events.exposures import Impression
from shared.events.feedback import ListChange, Thumb
from shared.ids import PageId
from shared.log.partitioning import partition_of
from shared.log.port import OutgoingRecord, Partition
from shared.store.tables import PROFILE_STATE
from shared.topics import EXPOSURES, SIGNALS
from tests.nearline.events import (
    LATER,
    T0,
    SampleEvent,
    thumb,
    title,
)
from tests.nearline.platform import PARTITIONS, Crash, FailurePlan, MemoryPlatform


def test_the_same_record_read_again_is_a_replay_and_the_same_event_sent_again_a_duplicate() -> None:
    platform = MemoryPlatform()
    platform.fold(thumb("1"), thumb("1"), thumb("2", value=-1, name="b"))
    assert platform.digest().events == 2
    assert platform.metric("marquee_nearline_duplicate_events_total") == 1
    worker = platform.worker()
    for index in range(PARTITIONS):
        worker.turn()
        worker._consumer.seek(Partition(SIGNALS, index), 0)
    platform.drain(worker)
    worker.close()
    assert platform.digest().events == 2
    assert platform.metric("marquee_nearline_replayed_events_total") == 3


def test_an_impression_sent_twice_is_a_duplicate_after_one_day_but_not_after_three() -> None:
    platform = MemoryPlatform()
    impression = SampleEvent(
        "1", Impression(page_id=PageId("g"), title_id=title("a"), row=0, column=0)
    )
    platform.fold(impression)
    platform.clock.advance_ms(24 * 3_600_000)
    platform.fold(impression)
    assert platform.exposures().seen == {"a": 1}
    platform.clock.advance_ms(3 * 24 * 3_600_000)
    platform.fold(SampleEvent("2", impression.body), impression)
    assert platform.exposures().seen == {"a": 3}


def test_the_number_of_rows_with_recent_ids_is_bounded() -> None:
    platform = MemoryPlatform()
    for slot in range(80):
        platform.fold(thumb(f"{slot}"))
        platform.clock.advance_ms(SLOT_MS)
    assert sum(name.startswith("recent:") for name in platform.rows(PROFILE_STATE, "p")) == 25


def test_a_broken_record_becomes_a_dead_letter_with_its_origin_and_others_are_folded() -> None:
    platform = MemoryPlatform()
    platform.produce([thumb("1")])
    partition = partition_of(b"p", PARTITIONS)
    platform.send(
        OutgoingRecord(SIGNALS, b"p", b"\xff{"),
        OutgoingRecord(
            SIGNALS, b"p", thumb("2").value().replace(b"feedback.thumb", b"feedback.thud")
        ),
    )
    platform.fold(thumb("3", value=-1, name="b"))
    assert platform.digest().thumbs == {"a": 1, "b": -1}
    letters = [json.loads(letter) for letter in platform.dead_letters()]
    assert [
        (letter["topic"], letter["partition"], letter["offset"], letter["reason"])
        for letter in letters
    ] == [
        (SIGNALS, partition, 1, "not_json"),
        (SIGNALS, partition, 2, "unknown_type"),
    ]
    assert base64.b64decode(letters[0]["value"]) == b"\xff{"
    assert platform.metric("marquee_nearline_dead_letter_records_total", reason="unknown_type") == 1


def test_while_dead_letters_cannot_be_written_the_worker_waits_and_loses_nothing() -> None:
    platform = MemoryPlatform()
    platform.send(OutgoingRecord(SIGNALS, b"p", b"not json"))
    platform.produce([thumb("1")])
    worker = platform.worker(FailurePlan(1, LogUnavailable("dead letters are down")))
    worker.turn()
    assert platform.dead_letters() == []
    assert platform.rows(PROFILE_STATE, "p") == {}
    platform.drain(worker)
    worker.close()
    assert len(platform.dead_letters()) == 1
    assert platform.digest().thumbs == {"a": 1}


def test_a_record_in_the_wrong_partition_is_sent_to_the_right_one_under_its_own_id() -> None:
    platform = MemoryPlatform()
    right = partition_of(b"p", PARTITIONS)
    platform.send(OutgoingRecord(SIGNALS, b"p", thumb("1").value(), partition=1 - right))
    platform.send(OutgoingRecord(SIGNALS, b"other", thumb("2", name="b").value(), partition=right))
    platform.fold()
    platform.fold(thumb("1"))
    assert platform.digest().thumbs == {"a": 1, "b": 1}
    assert platform.digest().events == 2
    assert platform.metric("marquee_nearline_misrouted_records_total") == 2


def test_a_record_that_was_rerouted_to_a_wrong_partition_becomes_a_dead_letter() -> None:
    platform = MemoryPlatform()
    wrong = 1 - partition_of(b"p", PARTITIONS)
    platform.send(
        OutgoingRecord(
            SIGNALS, b"p", thumb("1").value(), (("marquee-rerouted", b"0:0"),), partition=wrong
        )
    )
    platform.fold()
    assert [json.loads(letter)["reason"] for letter in platform.dead_letters()] == ["misrouted"]


def test_an_event_that_a_handler_fails_on_becomes_a_dead_letter_and_others_are_folded() -> None:
    def broken(
        part: feedback.FeedbackPart | None, event: AcceptedEvent
    ) -> tuple[feedback.FeedbackPart, Effects]:
        if isinstance(event.body, ListChange):
            raise ZeroDivisionError("a bug")
        return feedback.fold(part, event)

    platform = MemoryPlatform()
    platform.fold(
        thumb("1"),
        SampleEvent("2", ListChange(title_id=title("a"), on_list=True)),
        thumb("3", name="b"),
        handlers=HandlerRegistry([replace(feedback.HANDLER, fold=broken)]),
    )
    assert platform.digest().thumbs == {"a": 1, "b": 1}
    assert [json.loads(letter)["reason"] for letter in platform.dead_letters()] == ["handler_error"]


def test_a_topic_that_was_created_again_stops_the_worker_and_names_the_command() -> None:
    platform = MemoryPlatform()
    platform.fold(thumb("1"))
    platform.log.recreate(SIGNALS)
    with pytest.raises(LogReplaced, match="marquee rebuild"):
        platform.worker()


def test_a_topic_that_is_created_again_stops_a_running_worker() -> None:
    platform = MemoryPlatform()
    worker = platform.worker()
    platform.drain(worker)
    platform.log.recreate(EXPOSURES)
    platform.clock.advance_ms(60_000)
    with pytest.raises(LogReplaced, match="exposures"):
        platform.drain(worker)
    worker.close()


def test_records_deleted_before_they_were_read_stop_the_worker_and_are_counted() -> None:
    platform = MemoryPlatform()
    platform.fold(thumb("1"))
    platform.produce([thumb(f"{index}") for index in range(2, 9)])
    partition = Partition(SIGNALS, partition_of(b"p", PARTITIONS))
    platform.log.trim(partition, 5)
    worker = platform.worker()
    with pytest.raises(LogGap, match="marquee rebuild --accept-gap") as caught:
        worker.turn()
    assert caught.value.lost == 4
    worker.close()


def test_a_truncated_log_stops_the_worker() -> None:
    platform = MemoryPlatform()
    platform.fold(*(thumb(f"{index}") for index in range(5)))
    platform.log.truncate(Partition(SIGNALS, partition_of(b"p", PARTITIONS)), 2)
    worker = platform.worker()
    with pytest.raises(LogReplaced, match="marquee rebuild"):
        worker.turn()
    worker.close()


def test_the_late_write_of_a_worker_that_lost_its_partition_changes_nothing() -> None:
    platform = MemoryPlatform()
    platform.produce([thumb(f"{index}", at_ms=T0 + index, value=-1) for index in range(5)])
    stalled = FailurePlan(1, Crash())
    zombie = platform.worker(stalled)
    with pytest.raises(Crash):
        platform.drain(zombie)
    zombie.close()
    platform.fold(thumb("9", at_ms=T0 + 9, value=2), thumb("10", name="b"))
    rows = platform.rows(PROFILE_STATE, "p")
    assert stalled.withheld
    platform.store.write(stalled.withheld)
    assert platform.rows(PROFILE_STATE, "p") == rows
    assert platform.digest().thumbs == {"a": 2, "b": 1}


def test_freshness_is_measured_from_receipt_to_store() -> None:
    platform = MemoryPlatform()
    platform.fold(
        SampleEvent(
            "1", Thumb(title_id=title("a"), value=1), envelope={"received_time_ms": LATER - 700}
        )
    )
    assert platform.metric("marquee_nearline_freshness_seconds_sum") == pytest.approx(0.7)


def test_lag_is_set_at_assignment_and_falls_to_zero() -> None:
    platform = MemoryPlatform()
    platform.produce([thumb(f"{index}") for index in range(20)])
    partition = str(partition_of(b"p", PARTITIONS))
    worker = platform.worker()
    worker.turn()
    assert platform.metric("marquee_nearline_lag_records", topic=SIGNALS, partition=partition) > 0
    platform.drain(worker)
    assert platform.metric("marquee_nearline_lag_records", topic=SIGNALS, partition=partition) == 0
    worker.close()
