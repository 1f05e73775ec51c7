"""Handlers that the worker has no code for: other counters, messages and versions."""

from collections import Counter
from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from nearline.handlers import exposures, feedback, plays
from nearline.handlers.base import Handler
from nearline.handlers.effects import CounterDelta, CounterSpec, Effects
from nearline.handlers.plays import TitlePart
from nearline.handlers.registry import HandlerRegistry
from nearline.profiles.state import ProfileState
from shared.clock import DAY_MS, MINUTE_MS
from shared.errors import SchemaMismatch
from shared.events.accept import AcceptedEvent
from shared.events.codec import encode
from shared.events.exposures import Browse, Impression
from shared.events.feedback import ListChange, Thumb
from shared.events.plays import PlayProgress
from shared.ids import EventId, PageId
from shared.log.port import OutgoingRecord, Partition, Record
from shared.records.digest import WatchedTitle
from shared.store.tables import PROFILE_STATE
from shared.topics import EXPOSURES, SIGNALS
from tests.nearline.events import LATER, T0, SampleEvent, thumb, title
from tests.nearline.platform import Crash, FailurePlan, MemoryPlatform

LOOKS = CounterSpec("looks:v1", EXPOSURES, bucket_ms=MINUTE_MS, retention_ms=DAY_MS)


def look(event_id: str, name: str = "a", profile: str = "p") -> SampleEvent:
    return SampleEvent(event_id, Browse(kind="hover", title_id=title(name)), T0, profile)


def counting(
    part: exposures.SeenPart | None, event: AcceptedEvent
) -> tuple[exposures.SeenPart, Effects]:
    """The fold of exposures, which also counts looks."""
    folded, _ = exposures.fold(part, event)
    body = event.body
    if not isinstance(body, Browse) or body.title_id is None:
        return folded, ()
    time_ms = event.envelope.event_time_ms
    return folded, (CounterDelta(LOOKS.name, "*", body.title_id, time_ms, 1.0),)


def messaging(
    part: feedback.FeedbackPart | None, event: AcceptedEvent
) -> tuple[feedback.FeedbackPart, Effects]:
    """The fold of feedback, which also sends an impression for every thumb."""
    folded, _ = feedback.fold(part, event)
    envelope, body = event.envelope, event.body
    if not isinstance(body, Thumb) or envelope.profile_id is None:
        return folded, ()
    impression = Impression(page_id=PageId("g"), title_id=body.title_id, row=1, column=1)
    value = encode(
        impression,
        event_id=EventId(f"{envelope.event_id}-impression"),
        event_time_ms=envelope.event_time_ms,
        profile_id=envelope.profile_id,
    )
    return folded, (OutgoingRecord(EXPOSURES, envelope.profile_id.encode(), value),)


COUNTING = HandlerRegistry([replace(exposures.HANDLER, fold=counting, counters=(LOOKS,))])
MESSAGING = HandlerRegistry([replace(feedback.HANDLER, fold=messaging), exposures.HANDLER])


@given(st.integers(1, 25), st.booleans(), st.booleans())
def test_another_counter_on_another_topic_counts_exactly_once_whatever_step_crashes(
    step: int, applied: bool, half: bool
) -> None:
    platform = MemoryPlatform()
    platform.produce(
        look(f"{profile}{n}", "ab"[n % 2], profile) for n in range(8) for profile in "pqr"
    )
    platform.drain_until_crash(FailurePlan(step, Crash(), applied, half), COUNTING)
    platform.fold(handlers=COUNTING)
    assert platform.totals(counter=LOOKS.name).short == {"a": 12.0, "b": 12.0}


@given(st.integers(1, 25), st.booleans(), st.booleans())
def test_a_message_is_sent_and_folded_whatever_step_crashes(
    step: int, applied: bool, half: bool
) -> None:
    platform = MemoryPlatform()
    platform.produce(thumb(f"{profile}{n}", profile=profile) for n in range(4) for profile in "pqr")
    platform.drain_until_crash(FailurePlan(step, Crash(), applied, half), MESSAGING)
    platform.fold(handlers=MESSAGING)
    for profile in "pqr":
        assert platform.exposures(profile).seen == {"a": 4}
    assert_equal_repetitions(platform.records(EXPOSURES), messages=12)


def assert_equal_repetitions(records: list[Record], messages: int) -> None:
    """The records have this number of different bytes, so repetitions are equal."""
    assert len(Counter((record.key, record.value) for record in records)) == messages


def test_a_delta_for_a_counter_that_the_handler_does_not_declare_is_a_handler_error() -> None:
    platform = MemoryPlatform()
    registry = HandlerRegistry([replace(exposures.HANDLER, fold=counting)])
    platform.fold(look("1"), handlers=registry)
    assert (
        platform.metric("marquee_nearline_dead_letter_records_total", reason="handler_error") == 1
    )


def test_a_part_of_an_older_version_is_not_read_and_stays_in_the_store() -> None:
    platform = MemoryPlatform()
    platform.fold(thumb("1", "a"), SampleEvent("2", ListChange(title_id=title("c"), on_list=True)))
    older = platform.rows(PROFILE_STATE, "p")["feedback@1"]
    platform.fold(thumb("3", "b"), handlers=HandlerRegistry([replace(feedback.HANDLER, version=2)]))
    assert platform.digest().thumbs == {"b": 1}
    assert platform.digest().my_list == ()
    assert platform.digest().events == 3
    assert platform.rows(PROFILE_STATE, "p")["feedback@1"] == older
    assert platform.metric("marquee_nearline_skipped_parts_total", handler="feedback") == 1


def test_a_part_without_a_handler_is_not_read_and_stays_in_the_store() -> None:
    platform = MemoryPlatform()
    progress = PlayProgress(title_id=title("a"), runtime_s=60, position_s=30, watched=((0, 30),))
    platform.fold(SampleEvent("1", progress))
    stored = platform.rows(PROFILE_STATE, "p")["title@1:a"]
    platform.fold(thumb("2"), handlers=HandlerRegistry([feedback.HANDLER]))
    assert platform.rows(PROFILE_STATE, "p")["title@1:a"] == stored
    assert platform.metric("marquee_nearline_skipped_parts_total", handler="title") == 1


def test_a_part_of_a_newer_version_stops_the_worker_and_stays_in_the_store() -> None:
    platform = MemoryPlatform()
    newer = HandlerRegistry([replace(feedback.HANDLER, version=2)])
    platform.fold(thumb("1"), handlers=newer)
    rows = platform.rows(PROFILE_STATE, "p")
    with pytest.raises(SchemaMismatch, match="feedback@2"):
        platform.fold(thumb("2", "b"))
    assert platform.rows(PROFILE_STATE, "p") == rows


def test_only_the_parts_that_changed_are_summarized_again() -> None:
    summarized = []

    def summarize(part: TitlePart) -> WatchedTitle:
        summarized.append(part.title_id)
        return plays.summarize(part)

    watching: Handler[TitlePart, WatchedTitle] = replace(plays.HANDLER, summarize=summarize)
    state = ProfileState(Partition(SIGNALS, 0), "p", HandlerRegistry([watching]))
    for offset, name in enumerate("abab"):
        fold_play(state, offset, name)
    state.digest()
    assert sorted(summarized) == ["a", "b"]
    fold_play(state, 4, "a")
    digest = state.digest()
    assert sorted(summarized) == ["a", "a", "b"]
    assert digest.events == 5


def fold_play(state: ProfileState, offset: int, name: str) -> None:
    body = PlayProgress(title_id=title(name), runtime_s=60)
    event = SampleEvent(f"{offset}", body, T0 + offset)
    record = Record(state.partition, offset, b"p", event.value(), LATER)
    state.fold_event(record, 1, event.accepted())
