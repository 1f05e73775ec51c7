"""Every event is counted exactly once, compared with a reference, whatever fails or is repeated."""

from collections import Counter

from hypothesis import given
from hypothesis import strategies as st

from shared.errors import LogUnavailable, StoreUnavailable
from shared.events.plays import PlayProgress
from shared.records.blob import unpack
from shared.records.tallies import TRENDING, TallyBucket
from shared.store.tables import PROFILE_EXPOSURES, PROFILE_STATE, TALLIES
from shared.topics import EXPOSURES, SIGNALS
from tests.nearline.events import (
    T0,
    SampleEvent,
    exposures,
    numbered,
    sample_events,
    signals,
    thumb,
    title,
)
from tests.nearline.platform import PARTITIONS, Crash, FailurePlan, MemoryPlatform
from tests.nearline.reference import assert_signals, reference, starts

PROFILES = "pqr"


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
        topics = {event.body.topic for event in events if event.profile_id == profile_id}
        if SIGNALS in topics:
            assert_signals(platform.digest(profile_id), expected)
        if EXPOSURES in topics:
            assert platform.exposures(profile_id).seen == expected["seen"]
            assert platform.exposures(profile_id).looks == expected["looks"]
            trailers = platform.exposures(profile_id).trailer_views.items()
            assert {
                title_id: (views.count, views.last_ms) for title_id, views in trailers
            } == expected["trailers"]
    assert counted(platform) == starts(events)


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
    platform.drain_until_crash(FailurePlan(step, Crash(), applied, half))
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
    crashed.drain_until_crash(FailurePlan(step, Crash(), applied, half))
    crashed.fold()
    for table in (PROFILE_STATE, PROFILE_EXPOSURES):
        for profile_id in PROFILES:
            assert crashed.rows(table, profile_id) == uninterrupted.rows(table, profile_id)


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
