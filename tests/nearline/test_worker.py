"""The worker's guarantees under crashes, repetitions, broken records and reassignments."""

import base64
import json
from collections import Counter
from dataclasses import replace
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from nearline.handlers import feedback
from nearline.handlers.effects import Effects
from nearline.handlers.registry import HandlerRegistry
from nearline.profiles.recent import SLOT_MS
from shared.errors import LogGap, LogReplaced, LogUnavailable, StoreUnavailable
from shared.events.accept import AcceptedEvent
from shared.events.exposures import Impression
from shared.events.feedback import ListChange, Thumb
from shared.events.plays import PlayProgress
from shared.ids import PageId
from shared.log.partitioning import partition_of
from shared.log.port import OutgoingRecord, Partition
from shared.records.blob import unpack
from shared.records.digest import Digest
from shared.records.tallies import TRENDING, TallyBucket
from shared.store.tables import PROFILE_EXPOSURES, PROFILE_STATE, TALLIES
from shared.topics import EXPOSURES, SIGNALS
from tests.nearline.events import (
    LATER,
    T0,
    SampleEvent,
    exposures,
    numbered,
    sample_events,
    signals,
    title,
)
from tests.nearline.platform import PARTITIONS, Crash, FailurePlan, MemoryPlatform
from tests.nearline.reference import reference, seen_s, starts

PROFILES = "pqr"


def thumb(
    event_id: str, value: int = 1, at_ms: int = T0, profile: str = "p", name: str = "a"
) -> SampleEvent:
    body = Thumb(title_id=title(name), value=value)  # type: ignore[arg-type]
    return SampleEvent(event_id, body, at_ms, profile)


def counted(platform: MemoryPlatform) -> Counter[tuple[str, str]]:
    """Counted starts by scope and title, summed over buckets and partitions."""
    counts: Counter[tuple[str, str]] = Counter()
    for index in range(PARTITIONS):
        for cells in platform.store.read(TALLIES, (TRENDING, index)).values():
            blob = cells["value"]
            assert isinstance(blob, bytes)
            for scope, titles in unpack(blob, TallyBucket).counts.items():
                for title_id, count in titles.items():
                    counts[scope, title_id] += int(count)
    return counts


def assert_equals_reference(platform: MemoryPlatform, events: list[SampleEvent]) -> None:
    for profile_id in {event.profile_id for event in events}:
        expected = reference(event for event in events if event.profile_id == profile_id)
        if platform.store.read(PROFILE_STATE, (profile_id,)):
            assert_signals(platform.digest(profile_id), expected)
        if any(
            isinstance(event.body, Impression) and event.profile_id == profile_id
            for event in events
        ):
            assert platform.exposures(profile_id).seen == expected["seen"]
            assert platform.exposures(profile_id).looks == expected["looks"]
            trailers = platform.exposures(profile_id).trailer_views.items()
            assert {
                title_id: (views.count, views.last_ms) for title_id, views in trailers
            } == expected["trailers"]
    assert counted(platform) == starts(events)


def assert_signals(digest: Digest, expected: dict[str, Any]) -> None:
    thumbs, on_list = expected["thumbs"], expected["on_list"]
    assert digest.thumbs == {name: value for name, value in thumbs.items() if value}
    assert set(digest.my_list) == {name for name, is_listed in on_list.items() if is_listed}
    assert digest.ratings == expected["ratings"]
    assert (digest.facts and (digest.facts.maturity_ceiling, digest.facts.country)) == expected[
        "facts"
    ]
    episodes: dict[tuple[str, str | None], dict[str, int]] = expected["episodes"]
    assert {watched.title_id for watched in digest.watched} == {name for name, _ in episodes}
    for watched in digest.watched:
        episode = episodes[watched.title_id, watched.episode_id]
        assert (watched.position_s, watched.seen_s, watched.completed) == (
            episode["position"],
            seen_s(episode),
            episode["completed"],
        )
        assert set(watched.finished_parts) == {
            part or ""
            for (name, part), part_state in episodes.items()
            if name == watched.title_id and part_state["completed"]
        }
        assert watched.total_seen_s == sum(
            seen_s(part_state)
            for (name, _), part_state in episodes.items()
            if name == watched.title_id
        )


@st.composite
def deliveries(draw: st.DrawFn) -> tuple[list[SampleEvent], list[SampleEvent]]:
    """Events, and the same events as delivered: shuffled, with a fifth of them sent twice."""
    events = numbered(
        draw(
            st.lists(
                sample_events(st.one_of(signals, exposures), PROFILES), min_size=1, max_size=30
            )
        )
    )
    twice = draw(st.lists(st.sampled_from(events), max_size=max(1, len(events) // 5)))
    return events, draw(st.permutations(events + twice))


@given(deliveries())
def test_duplicates_and_shuffled_delivery_give_the_state_of_the_reference(
    delivery: tuple[list[SampleEvent], list[SampleEvent]],
) -> None:
    events, delivered = delivery
    platform = MemoryPlatform()
    platform.fold(*delivered)
    assert_equals_reference(platform, events)


@given(deliveries(), st.integers(1, 25), st.booleans(), st.booleans())
def test_after_a_crash_at_any_step_the_state_is_that_of_the_reference(
    delivery: tuple[list[SampleEvent], list[SampleEvent]], step: int, applied: bool, half: bool
) -> None:
    events, delivered = delivery
    platform = MemoryPlatform()
    platform.produce(delivered)
    worker = platform.worker(FailurePlan(step, Crash(), applied, half))
    try:
        platform.drain(worker)
    except Crash:
        pass
    finally:
        worker.close()
    platform.fold()
    assert_equals_reference(platform, events)


@given(
    deliveries(),
    st.integers(1, 25),
    st.booleans(),
    st.booleans(),
    st.sampled_from([StoreUnavailable("down"), LogUnavailable("down")]),
)
def test_after_a_failure_at_any_step_the_worker_tries_again(
    delivery: tuple[list[SampleEvent], list[SampleEvent]],
    step: int,
    applied: bool,
    half: bool,
    error: Exception,
) -> None:
    events, delivered = delivery
    platform = MemoryPlatform()
    platform.produce(delivered)
    worker = platform.worker(FailurePlan(step, error, applied, half))
    platform.drain(worker)
    worker.close()
    assert_equals_reference(platform, events)


@given(deliveries(), st.integers(1, 25), st.booleans(), st.booleans())
def test_after_a_crash_the_rows_are_those_of_an_uninterrupted_run(
    delivery: tuple[list[SampleEvent], list[SampleEvent]], step: int, applied: bool, half: bool
) -> None:
    _, delivered = delivery
    uninterrupted, crashed = MemoryPlatform(), MemoryPlatform()
    uninterrupted.fold(*delivered)
    crashed.produce(delivered)
    worker = crashed.worker(FailurePlan(step, Crash(), applied, half))
    try:
        crashed.drain(worker)
    except Crash:
        pass
    finally:
        worker.close()
    crashed.fold()
    for table in (PROFILE_STATE, PROFILE_EXPOSURES):
        for profile_id in PROFILES:
            assert crashed.rows(table, profile_id) == uninterrupted.rows(table, profile_id)


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


def test_nothing_is_counted_twice_when_partitions_move_between_workers() -> None:
    platform = MemoryPlatform()
    events = [
        thumb(f"{profile}{index}", at_ms=T0 + index, profile=profile)
        for index in range(10)
        for profile in PROFILES
    ]
    watching = [
        SampleEvent(
            f"w{profile}{index}",
            PlayProgress(
                title_id=title("a"),
                runtime_s=600,
                position_s=60,
                watched=((60 * index, 60 * index + 60),),
            ),
            T0,
            profile,
        )
        for index in range(4)
        for profile in PROFILES
    ]
    platform.produce(events)
    first = platform.worker()
    first.turn()
    second = platform.worker()
    platform.produce(watching)
    for _ in range(30):
        first.turn()
        second.turn()
    first.close()
    platform.drain(second)
    second.close()
    assert_equals_reference(platform, events + watching)


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
