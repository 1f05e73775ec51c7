"""The worker's promises, each a story with a crash, a repetition or a broken record in the middle."""

import base64
import json
from collections import Counter
from dataclasses import replace

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
from tests.nearline.events import LATER, T0, Said, exposures, numbered, said, signals, title
from tests.nearline.platform import PARTITIONS, Crash, Place, Trouble
from tests.nearline.reference import reference, seen_s, starts

PROFILES = "pqr"


def thumb(
    event_id: str, value: int = 1, at_ms: int = T0, profile: str = "p", name: str = "a"
) -> Said:
    return Said(event_id, Thumb(title_id=title(name), value=value), at_ms, profile)  # type: ignore[arg-type]


def counted(place: Place) -> Counter[tuple[str, str]]:
    """Counted starts by scope and title, summed over buckets and partitions."""
    found: Counter[tuple[str, str]] = Counter()
    for index in range(PARTITIONS):
        for cells in place.store.read(TALLIES, (TRENDING, index)).values():
            blob = cells["value"]
            assert isinstance(blob, bytes)
            for scope, titles in unpack(blob, TallyBucket).counts.items():
                for title_id, count in titles.items():
                    found[scope, title_id] += int(count)
    return found


def assert_as_reference(place: Place, events: list[Said]) -> None:
    for profile_id in {event.profile_id for event in events}:
        expected = reference(event for event in events if event.profile_id == profile_id)
        if place.store.read(PROFILE_STATE, (profile_id,)):
            assert_signals(place.digest(profile_id), expected)
        if any(
            isinstance(event.body, Impression) and event.profile_id == profile_id
            for event in events
        ):
            assert place.exposures(profile_id).seen == expected["seen"]
            assert place.exposures(profile_id).looks == expected["looks"]
    assert counted(place) == starts(events)


def assert_signals(digest: Digest, expected: dict[str, object]) -> None:
    assert digest.thumbs == {name: value for name, value in expected["thumbs"].items() if value}  # type: ignore[attr-defined]
    assert set(digest.my_list) == {name for name, on_list in expected["on_list"].items() if on_list}  # type: ignore[attr-defined]
    assert digest.ratings == expected["ratings"]
    assert (digest.facts and (digest.facts.maturity_ceiling, digest.facts.country)) == expected[
        "facts"
    ]
    episodes: dict[tuple[str, str | None], dict[str, int]] = expected["episodes"]  # type: ignore[assignment]
    assert {each.title_id for each in digest.watched} == {name for name, _ in episodes}
    for each in digest.watched:
        episode = episodes[each.title_id, each.episode_id]
        assert (each.position_s, each.seen_s, each.completed) == (
            episode["position"],
            seen_s(episode),
            episode["completed"],
        )
        assert set(each.finished_parts) == {
            part or ""
            for (name, part), other in episodes.items()
            if name == each.title_id and other["completed"]
        }
        assert each.total_seen_s == sum(
            seen_s(other) for (name, _), other in episodes.items() if name == each.title_id
        )


@st.composite
def deliveries(draw: st.DrawFn) -> tuple[list[Said], list[Said]]:
    """What happened, and how it was delivered: shuffled, with a fifth of it sent twice."""
    events = numbered(
        draw(st.lists(said(st.one_of(signals, exposures), PROFILES), min_size=1, max_size=30))
    )
    twice = draw(st.lists(st.sampled_from(events), max_size=max(1, len(events) // 5)))
    return events, draw(st.permutations(events + twice))


@given(deliveries())
def test_duplicates_and_shuffled_delivery_come_to_the_reference(
    delivery: tuple[list[Said], list[Said]],
) -> None:
    events, delivered = delivery
    place = Place()
    place.fold(*delivered)
    assert_as_reference(place, events)


@given(deliveries(), st.integers(1, 25), st.booleans(), st.booleans())
def test_a_crash_at_any_step_loses_nothing_and_repeats_nothing(
    delivery: tuple[list[Said], list[Said]], step: int, applied: bool, half: bool
) -> None:
    events, delivered = delivery
    place = Place()
    place.say(delivered)
    worker = place.worker(Trouble(step, Crash(), applied, half))
    try:
        place.drain(worker)
    except Crash:
        pass
    finally:
        worker.close()
    place.fold()
    assert_as_reference(place, events)


@given(
    deliveries(),
    st.integers(1, 25),
    st.booleans(),
    st.booleans(),
    st.sampled_from([StoreUnavailable("down"), LogUnavailable("down")]),
)
def test_a_failure_at_any_step_is_waited_out(
    delivery: tuple[list[Said], list[Said]], step: int, applied: bool, half: bool, error: Exception
) -> None:
    events, delivered = delivery
    place = Place()
    place.say(delivered)
    worker = place.worker(Trouble(step, error, applied, half))
    place.drain(worker)
    worker.close()
    assert_as_reference(place, events)


@given(deliveries(), st.integers(1, 25), st.booleans(), st.booleans())
def test_after_a_crash_the_rows_are_those_of_an_uninterrupted_run(
    delivery: tuple[list[Said], list[Said]], step: int, applied: bool, half: bool
) -> None:
    _, delivered = delivery
    whole, crashed = Place(), Place()
    whole.fold(*delivered)
    crashed.say(delivered)
    worker = crashed.worker(Trouble(step, Crash(), applied, half))
    try:
        crashed.drain(worker)
    except Crash:
        pass
    finally:
        worker.close()
    crashed.fold()
    for table in (PROFILE_STATE, PROFILE_EXPOSURES):
        for profile_id in PROFILES:
            assert crashed.rows(table, profile_id) == whole.rows(table, profile_id)


def test_the_same_record_read_again_is_a_replay_and_the_same_event_sent_again_a_duplicate() -> None:
    place = Place()
    place.fold(thumb("1"), thumb("1"), thumb("2", value=-1, name="b"))
    assert place.digest().events == 2
    assert place.metric("marquee_nearline_duplicate_events_total") == 1
    worker = place.worker()
    for index in range(PARTITIONS):
        worker.turn()
        worker._consumer.seek(Partition(SIGNALS, index), 0)
    place.drain(worker)
    worker.close()
    assert place.digest().events == 2
    assert place.metric("marquee_nearline_replayed_events_total") == 3


def test_an_impression_sent_again_after_a_day_is_still_known_but_not_after_three() -> None:
    place = Place()
    impression = Said("1", Impression(page_id=PageId("g"), title_id=title("a"), row=0, column=0))
    place.fold(impression)
    place.clock.advance_ms(24 * 3_600_000)
    place.fold(impression)
    assert place.exposures().seen == {"a": 1}
    place.clock.advance_ms(3 * 24 * 3_600_000)
    place.fold(Said("2", impression.body), impression)
    assert place.exposures().seen == {"a": 3}


def test_rows_of_known_ids_do_not_pile_up() -> None:
    place = Place()
    for slot in range(80):
        place.fold(thumb(f"{slot}"))
        place.clock.advance_ms(SLOT_MS)
    assert sum(name.startswith("recent:") for name in place.rows(PROFILE_STATE, "p")) == 25


def test_a_broken_record_goes_to_dead_letters_with_its_origin_and_the_others_are_folded() -> None:
    place = Place()
    place.say([thumb("1")])
    partition = partition_of(b"p", PARTITIONS)
    place.send(
        OutgoingRecord(SIGNALS, b"p", b"\xff{"),
        OutgoingRecord(
            SIGNALS, b"p", thumb("2").value().replace(b"feedback.thumb", b"feedback.thud")
        ),
    )
    place.fold(thumb("3", value=-1, name="b"))
    assert place.digest().thumbs == {"a": 1, "b": -1}
    letters = [json.loads(letter) for letter in place.dead_letters()]
    assert [
        (letter["topic"], letter["partition"], letter["offset"], letter["reason"])
        for letter in letters
    ] == [
        (SIGNALS, partition, 1, "not_json"),
        (SIGNALS, partition, 2, "unknown_type"),
    ]
    assert base64.b64decode(letters[0]["value"]) == b"\xff{"
    assert place.metric("marquee_nearline_dead_letter_records_total", reason="unknown_type") == 1


def test_while_dead_letters_cannot_be_written_the_worker_waits_and_drops_nothing() -> None:
    place = Place()
    place.send(OutgoingRecord(SIGNALS, b"p", b"not json"))
    place.say([thumb("1")])
    worker = place.worker(Trouble(1, LogUnavailable("dead letters are down")))
    worker.turn()
    assert place.dead_letters() == []
    assert place.rows(PROFILE_STATE, "p") == {}
    place.drain(worker)
    worker.close()
    assert len(place.dead_letters()) == 1
    assert place.digest().thumbs == {"a": 1}


def test_a_record_in_the_wrong_partition_is_put_right_under_its_own_id() -> None:
    place = Place()
    right = partition_of(b"p", PARTITIONS)
    place.send(OutgoingRecord(SIGNALS, b"p", thumb("1").value(), partition=1 - right))
    place.send(
        OutgoingRecord(SIGNALS, b"somebody else", thumb("2", name="b").value(), partition=right)
    )
    place.fold()
    place.fold(thumb("1"))
    assert place.digest().thumbs == {"a": 1, "b": 1}
    assert place.digest().events == 2
    assert place.metric("marquee_nearline_misrouted_records_total") == 2


def test_a_record_that_comes_back_to_the_wrong_partition_is_given_up() -> None:
    place = Place()
    wrong = 1 - partition_of(b"p", PARTITIONS)
    place.send(
        OutgoingRecord(
            SIGNALS, b"p", thumb("1").value(), (("marquee-rerouted", b"0:0"),), partition=wrong
        )
    )
    place.fold()
    assert [json.loads(letter)["reason"] for letter in place.dead_letters()] == ["misrouted"]


def test_a_bug_in_a_handler_costs_its_event_and_no_other() -> None:
    def broken(
        part: feedback.FeedbackPart | None, event: AcceptedEvent
    ) -> tuple[feedback.FeedbackPart, Effects]:
        if isinstance(event.body, ListChange):
            raise ZeroDivisionError("a bug")
        return feedback.fold(part, event)

    place = Place()
    place.fold(
        thumb("1"),
        Said("2", ListChange(title_id=title("a"), on_list=True)),
        thumb("3", name="b"),
        handlers=HandlerRegistry([replace(feedback.HANDLER, fold=broken)]),
    )
    assert place.digest().thumbs == {"a": 1, "b": 1}
    assert [json.loads(letter)["reason"] for letter in place.dead_letters()] == ["handler_error"]


def test_a_topic_that_was_created_again_stops_the_worker_and_names_the_way_out() -> None:
    place = Place()
    place.fold(thumb("1"))
    place.log.recreate(SIGNALS)
    with pytest.raises(LogReplaced, match="marquee rebuild"):
        place.worker()


def test_a_topic_that_is_created_again_under_a_running_worker_stops_it() -> None:
    place = Place()
    worker = place.worker()
    place.drain(worker)
    place.log.recreate(EXPOSURES)
    place.clock.advance_ms(60_000)
    with pytest.raises(LogReplaced, match="exposures"):
        place.drain(worker)
    worker.close()


def test_records_that_vanished_unread_stop_the_worker_and_are_counted() -> None:
    place = Place()
    place.fold(thumb("1"))
    place.say([thumb(f"{index}") for index in range(2, 9)])
    partition = Partition(SIGNALS, partition_of(b"p", PARTITIONS))
    place.log.trim(partition, 5)
    worker = place.worker()
    with pytest.raises(LogGap, match="marquee rebuild --accept-gap") as caught:
        worker.turn()
    assert caught.value.lost == 4
    worker.close()


def test_a_log_that_was_cut_back_stops_the_worker() -> None:
    place = Place()
    place.fold(*(thumb(f"{index}") for index in range(5)))
    place.log.truncate(Partition(SIGNALS, partition_of(b"p", PARTITIONS)), 2)
    worker = place.worker()
    with pytest.raises(LogReplaced, match="marquee rebuild"):
        worker.turn()
    worker.close()


def test_the_late_write_of_a_worker_that_lost_its_partition_changes_nothing() -> None:
    place = Place()
    place.say([thumb(f"{index}", at_ms=T0 + index, value=-1) for index in range(5)])
    stalled = Trouble(1, Crash())
    zombie = place.worker(stalled)
    with pytest.raises(Crash):
        place.drain(zombie)
    zombie.close()
    place.fold(thumb("9", at_ms=T0 + 9, value=2), thumb("10", name="b"))
    rows = place.rows(PROFILE_STATE, "p")
    assert stalled.withheld
    place.store.write(stalled.withheld)
    assert place.rows(PROFILE_STATE, "p") == rows
    assert place.digest().thumbs == {"a": 2, "b": 1}


def test_nothing_is_counted_twice_when_partitions_move_between_workers() -> None:
    place = Place()
    events = [
        thumb(f"{profile}{index}", at_ms=T0 + index, profile=profile)
        for index in range(10)
        for profile in PROFILES
    ]
    watching = [
        Said(
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
    place.say(events)
    first = place.worker()
    first.turn()
    second = place.worker()
    place.say(watching)
    for _ in range(30):
        first.turn()
        second.turn()
    first.close()
    place.drain(second)
    second.close()
    assert_as_reference(place, events + watching)


def test_freshness_is_measured_from_receipt_to_store() -> None:
    place = Place()
    place.fold(
        Said("1", Thumb(title_id=title("a"), value=1), envelope={"received_time_ms": LATER - 700})
    )
    assert place.metric("marquee_nearline_freshness_seconds_sum") == pytest.approx(0.7)


def test_lag_is_known_from_assignment_on_and_falls_to_nothing() -> None:
    place = Place()
    place.say([thumb(f"{index}") for index in range(20)])
    partition = str(partition_of(b"p", PARTITIONS))
    worker = place.worker()
    worker.turn()
    assert place.metric("marquee_nearline_lag_records", topic=SIGNALS, partition=partition) > 0
    place.drain(worker)
    assert place.metric("marquee_nearline_lag_records", topic=SIGNALS, partition=partition) == 0
    worker.close()
