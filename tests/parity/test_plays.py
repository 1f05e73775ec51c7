"""Nearline and offline interpret plays equally, in any order of arrival."""

from hypothesis import given
from hypothesis import strategies as st

from nearline.handlers.plays import TitlePart, fold
from nearline.handlers.plays import summarize as summarize_title
from offline.datasets.playback import finished_parts
from offline.datasets.reward import RewardSettings
from offline.datasets.signals import SignalEvent
from offline.datasets.viewings import summarize as summarize_session
from shared.clock import MINUTE_MS
from shared.events.accept import AcceptedEvent, accept
from shared.events.codec import encode
from shared.events.envelope import order_of
from shared.events.plays import PLAY_TYPES, Play
from shared.ids import EpisodeId, EventId, ProfileId, TitleId
from shared.records.digest import WatchedTitle
from shared.rules.watching import is_started

T0 = 1_700_000_000_000
RUNTIME_S = 1_000
# The credits start at 920 s. A later play before 900 s means that the part is watched again.
POSITIONS_S = (0, 300, 899, 900, 919, 920, 1_000)

plays = st.builds(
    lambda kind, position_s, watched_s, episode: kind(
        title_id=TitleId("t"),
        runtime_s=RUNTIME_S,
        position_s=position_s,
        watched=((max(0, position_s - watched_s), position_s),),
        episode_id=episode,
    ),
    kind=st.sampled_from(PLAY_TYPES),
    position_s=st.sampled_from(POSITIONS_S),
    watched_s=st.sampled_from((0, 60, 119, 120, 700)),
    episode=st.sampled_from((None, EpisodeId("e1"), EpisodeId("e2"))),
)


def accepted(body: Play, minute: int) -> AcceptedEvent:
    time_ms = T0 + minute * MINUTE_MS
    value = encode(
        body,
        event_id=EventId(f"e{minute}"),
        event_time_ms=time_ms,
        profile_id=ProfileId("p"),
        device="tv",
    )
    return accept(value, time_ms)


def in_nearline(events: list[AcceptedEvent]) -> WatchedTitle:
    part: TitlePart | None = None
    for event in events:
        part, _ = fold(part, event)
    assert part is not None
    return summarize_title(part)


def as_signal(event: AcceptedEvent) -> SignalEvent:
    return SignalEvent(order_of(event.envelope), event.body, event.envelope.device)


@given(st.lists(st.tuples(plays, st.integers(0, 9)), min_size=1, max_size=6))
def test_both_tiers_finish_the_same_parts(bodies: list[tuple[Play, int]]) -> None:
    by_arrival = sorted(enumerate(bodies), key=lambda numbered: numbered[1][1])
    events = [accepted(body, minute) for minute, (body, _) in by_arrival]
    assert list(in_nearline(events).finished_parts) == finished_parts(map(as_signal, events))


@given(st.lists(plays, min_size=1, max_size=6))
def test_both_tiers_measure_the_same_seconds_and_starts(bodies: list[Play]) -> None:
    events = [accepted(body, minute) for minute, body in enumerate(bodies)]
    watched = in_nearline(events)
    session = summarize_session([as_signal(event) for event in events], RewardSettings())
    assert session.seen_s == watched.total_seen_s
    abandoned = RewardSettings(start=0, fraction=0, finished=0, thumb=0, abandoned=1)
    reward = summarize_session([as_signal(event) for event in events], abandoned).reward
    assert (reward == 0) == (session.finished or is_started(watched.total_seen_s, RUNTIME_S))
