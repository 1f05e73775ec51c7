"""Handlers: parts do not depend on the order of arrival, and the digest states what happened."""

from collections.abc import Sequence

import msgspec
from hypothesis import given
from hypothesis import strategies as st

from nearline.handlers import HANDLERS
from nearline.handlers.plays import TitlePart, summarize
from nearline.profiles.state import ProfileState
from shared.catalog.titles import FILM_PART
from shared.clock import MINUTE_MS
from shared.events.envelope import Origin
from shared.events.exposures import Browse, Impression
from shared.events.feedback import ListChange, Thumb
from shared.events.plays import PlayCompleted, PlayProgress, PlayStarted, PlayStopped
from shared.events.profiles import ProfileFacts
from shared.events.searches import SearchPerformed, SearchSelected
from shared.ids import EpisodeId, PageId
from shared.log.port import Partition, Record
from shared.records.blob import pack
from shared.records.digest import Digest, ExposureDigest, LogPosition, RecentSearch, WatchedTitle
from tests.nearline.events import (
    LATER,
    T0,
    SampleEvent,
    exposures,
    numbered,
    sample_events,
    signals,
    thumb,
    title,
)


def fold(events: Sequence[SampleEvent], topic: str = "signals") -> ProfileState:
    """The state after the events in this order; offsets are their indexes."""
    state = ProfileState(Partition(topic, 0), "p", HANDLERS)
    for offset, event in enumerate(events):
        record = Record(state.partition, offset, b"p", event.value(), LATER)
        state.fold_event(record, 1, event.accepted())
    return state


def digest(*events: SampleEvent) -> Digest:
    summary = fold(events).digest()
    assert isinstance(summary, Digest)
    return summary


def seen(*events: SampleEvent) -> ExposureDigest:
    summary = fold(events, "exposures").digest()
    assert isinstance(summary, ExposureDigest)
    return summary


def summary_bytes(state: ProfileState) -> bytes:
    """The digest's bytes, apart from the position."""
    return pack(msgspec.structs.replace(state.digest(), position=LogPosition(0, 0)))


def at(minutes: int) -> int:
    return T0 + minutes * MINUTE_MS


@st.composite
def shuffled(
    draw: st.DrawFn, events: st.SearchStrategy[SampleEvent]
) -> tuple[list[SampleEvent], list[SampleEvent]]:
    """Events in order, and the same ones shuffled with a fifth of them sent twice."""
    once = numbered(draw(st.lists(events, min_size=1, max_size=15)))
    twice = draw(st.lists(st.sampled_from(once), max_size=max(1, len(once) // 5)))
    return once, draw(st.permutations(once + twice))


@given(shuffled(sample_events(signals)))
def test_signals_fold_to_the_same_bytes_in_any_order(
    arrivals: tuple[list[SampleEvent], list[SampleEvent]],
) -> None:
    in_order, out_of_order = (fold(events) for events in arrivals)
    assert out_of_order.parts.keys() == in_order.parts.keys()
    for name in in_order.parts:
        assert pack(out_of_order.parts[name]) == pack(in_order.parts[name])
    assert summary_bytes(out_of_order) == summary_bytes(in_order)


@given(shuffled(sample_events(exposures)))
def test_exposures_fold_to_the_same_bytes_in_any_order(
    arrivals: tuple[list[SampleEvent], list[SampleEvent]],
) -> None:
    in_order, out_of_order = (fold(events, "exposures") for events in arrivals)
    assert summary_bytes(out_of_order) == summary_bytes(in_order)


def test_a_late_thumb_does_not_undo_a_newer_one() -> None:
    down = thumb("1", value=-1, at_ms=at(10))
    late_up = thumb("2", value=2, at_ms=at(5))
    assert digest(down, late_up).thumbs == {"a": -1}


def test_a_late_thumb_does_not_restore_a_thumb_taken_back() -> None:
    taken_back = thumb("1", value=0, at_ms=at(10))
    late_up = thumb("2", value=1, at_ms=at(5))
    assert digest(taken_back, late_up).thumbs == {}


def test_within_a_millisecond_the_client_sequence_decides() -> None:
    first = SampleEvent("z", Thumb(title_id=title("a"), value=1), T0, envelope={"client_seq": 1})
    second = SampleEvent("a", Thumb(title_id=title("a"), value=-1), T0, envelope={"client_seq": 2})
    assert digest(second, first).thumbs == {"a": -1}


def test_my_list_has_the_newest_addition_first_and_no_removed_title() -> None:
    events = [
        SampleEvent("1", ListChange(title_id=title("a"), on_list=True), at(1)),
        SampleEvent("2", ListChange(title_id=title("b"), on_list=True), at(2)),
        SampleEvent("3", ListChange(title_id=title("c"), on_list=True), at(3)),
        SampleEvent("4", ListChange(title_id=title("b"), on_list=False), at(4)),
    ]
    assert digest(*events).my_list == ("c", "a")


def test_seeks_and_rewatches_count_every_second_once() -> None:
    heartbeats = [
        SampleEvent(
            "1",
            PlayProgress(title_id=title("a"), runtime_s=1_000, position_s=300, watched=((0, 300),)),
            at(1),
        ),
        SampleEvent(
            "2",
            PlayProgress(
                title_id=title("a"),
                runtime_s=1_000,
                position_s=350,
                watched=((100, 200), (250, 350)),
            ),
            at(2),
        ),
    ]
    assert digest(*heartbeats).watched == (
        WatchedTitle(title("a"), None, 350, 1_000, 350, 350, False, at(2), "unknown"),
    )


def test_seconds_beyond_the_runtime_do_not_count() -> None:
    beyond = SampleEvent(
        "1", PlayProgress(title_id=title("a"), runtime_s=100, position_s=100, watched=((0, 5_000),))
    )
    assert digest(beyond).plays[0].fraction == 1.0


def test_the_position_of_a_series_is_that_of_the_episode_watched_last() -> None:
    first = SampleEvent(
        "1",
        PlayProgress(
            title_id=title("s"),
            episode_id=EpisodeId("e1"),
            runtime_s=600,
            position_s=600,
            watched=((0, 600),),
        ),
        at(1),
    )
    second = SampleEvent(
        "2",
        PlayProgress(
            title_id=title("s"),
            episode_id=EpisodeId("e2"),
            runtime_s=900,
            position_s=90,
            watched=((0, 90),),
        ),
        at(9),
    )
    late = SampleEvent(
        "3",
        PlayProgress(
            title_id=title("s"), episode_id=EpisodeId("e1"), runtime_s=600, position_s=300
        ),
        at(0),
    )
    assert digest(second, first, late).watched == (
        WatchedTitle(
            title("s"), EpisodeId("e2"), 90, 900, 90, 690, False, at(9), "unknown", 0, ("e1",)
        ),
    )


def test_a_film_left_during_the_credits_stays_completed() -> None:
    completed = SampleEvent(
        "1", PlayCompleted(title_id=title("a"), runtime_s=6_000, position_s=5_700), at(95)
    )
    stopped = SampleEvent(
        "2", PlayStopped(title_id=title("a"), runtime_s=6_000, position_s=5_760), at(96)
    )
    assert digest(completed, stopped).watched[0].completed
    assert digest(completed, stopped).watched[0].finished_parts == (FILM_PART,)


def test_a_heartbeat_in_the_credits_completes_a_film_without_a_stop_event() -> None:
    heartbeat = SampleEvent(
        "1", PlayProgress(title_id=title("a"), runtime_s=6_000, position_s=5_700)
    )
    assert digest(heartbeat).watched[0].completed


def test_starting_a_completed_film_again_makes_it_unfinished() -> None:
    completed = SampleEvent("1", PlayCompleted(title_id=title("a"), runtime_s=6_000), at(95))
    restart = SampleEvent("2", PlayStarted(title_id=title("a"), runtime_s=6_000), at(500))
    assert not digest(restart, completed).watched[0].completed


def finish(episode: str, minutes: int) -> SampleEvent:
    body = PlayCompleted(title_id=title("s"), episode_id=EpisodeId(episode), runtime_s=60)
    return SampleEvent(f"finish-{episode}", body, at(minutes))


def test_finished_episodes_are_listed_although_another_was_watched_last() -> None:
    started = PlayStarted(title_id=title("s"), episode_id=EpisodeId("e3"), runtime_s=60)
    summary = digest(
        finish("e2", 1), finish("e1", 2), SampleEvent("start", started, at(3))
    ).watched[0]
    assert not summary.completed
    assert summary.finished_parts == ("e1", "e2")


def test_an_episode_that_is_watched_again_is_no_longer_finished() -> None:
    restart = PlayStarted(title_id=title("s"), episode_id=EpisodeId("e1"), runtime_s=60)
    summary = digest(
        finish("e1", 1), finish("e2", 2), SampleEvent("restart", restart, at(3))
    ).watched[0]
    assert summary.finished_parts == ("e2",)


def test_at_most_500_finished_episodes_are_listed() -> None:
    events = [finish(f"{index:03}", index) for index in range(502)]
    assert digest(*events).watched[0].finished_parts == tuple(
        f"{index:03}" for index in range(2, 502)
    )


def test_histories_are_ordered_from_the_oldest_to_the_latest_title() -> None:
    events = [
        SampleEvent(
            str(index),
            PlayProgress(title_id=title(name), runtime_s=100, position_s=40, watched=((0, 40),)),
            at(index),
        )
        for index, name in enumerate("cab")
    ]
    assert [(play.title_id, play.fraction) for play in digest(*events).plays] == [
        ("c", 0.4),
        ("a", 0.4),
        ("b", 0.4),
    ]


def test_facts_are_replaced_as_one_set() -> None:
    child = SampleEvent(
        "1", ProfileFacts(maturity_ceiling=7, country="US", languages=("en",), name="Kit"), at(1)
    )
    grown = SampleEvent("2", ProfileFacts(maturity_ceiling=16, country="US"), at(2))
    facts = digest(grown, child).facts
    assert facts is not None
    assert (facts.maturity_ceiling, facts.languages, facts.name) == (16, (), None)


def test_a_search_lists_the_titles_selected_and_played_from_it() -> None:
    events = [
        SampleEvent("1", SearchPerformed(query="space"), at(1)),
        SampleEvent("2", SearchPerformed(query="Dark  comedy"), at(2)),
        SampleEvent("3", SearchSelected(query="dark comedy", title_id=title("a")), at(3)),
        SampleEvent(
            "4",
            PlayStarted(title_id=title("b"), runtime_s=100),
            at(4),
            envelope={"origin": Origin("search")},
        ),
        SampleEvent(
            "5",
            PlayStarted(title_id=title("c"), runtime_s=100),
            at(5),
            envelope={"origin": Origin("home")},
        ),
    ]
    assert digest(*events).searches == (
        RecentSearch("dark comedy", at(3), (title("a"), title("b"))),
        RecentSearch("space", at(1), ()),
    )


def test_an_impression_counts_once_and_in_the_first_row_as_billboard() -> None:
    events = [
        SampleEvent(
            "1", Impression(page_id=PageId("g"), title_id=title("a"), row=0, column=0), at(1)
        ),
        SampleEvent(
            "1", Impression(page_id=PageId("g"), title_id=title("a"), row=0, column=0), at(1)
        ),
        SampleEvent(
            "2", Impression(page_id=PageId("h"), title_id=title("a"), row=3, column=5), at(9)
        ),
        SampleEvent("3", Browse(kind="title_page", title_id=title("b")), at(4)),
        SampleEvent("4", Browse(kind="scroll"), at(5)),
    ]
    digest = seen(*events)
    assert digest.seen == {"a": 2}
    assert digest.last_seen_ms == {"a": at(9)}
    assert digest.billboard_seen == {"a": 1}
    assert digest.looks == {"b": 1}


def test_a_title_part_includes_every_episode() -> None:
    state = fold(
        [
            SampleEvent(
                n,
                PlayProgress(
                    title_id=title("s"), episode_id=EpisodeId(n), runtime_s=60, watched=((0, 30),)
                ),
            )
            for n in "12"
        ]
    )
    part = state.parts["title@1:s"]
    assert isinstance(part, TitlePart)
    assert list(part.episodes) == ["1", "2"]
    assert summarize(part).total_seen_s == 60
