"""Nearline, online and offline interpret plays equally, in any order of arrival."""

import msgspec
from hypothesis import given
from hypothesis import strategies as st

from nearline.handlers.plays import digest_fields
from offline.datasets.playback import finished_parts, played_title
from offline.datasets.viewings import summarize
from shared.clock import DAY_MS
from shared.events.plays import PLAY_TYPES, Play
from shared.ids import EpisodeId, TitleId
from shared.records.digest import Digest, LogPosition
from shared.rules.watching import is_started
from tests.parity.tiers import (
    ONLY_ABANDONED,
    T0,
    accepted,
    in_nearline,
    in_spark,
)

RUNTIME_S = 1_000
# The credits start at 920 s. A later play before 900 s means that the part is watched again.
POSITIONS_S = (0, 300, 899, 900, 919, 920, 1_000)
# Releases in the catalog of these tests are long before T0, announced ones a day after it.
NOW_MS = T0 + DAY_MS // 2

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


@given(st.lists(st.tuples(plays, st.integers(0, 9)), min_size=1, max_size=6))
def test_the_same_parts_are_finished(bodies: list[tuple[Play, int]]) -> None:
    by_arrival = sorted(enumerate(bodies), key=lambda numbered: numbered[1][1])
    events = [accepted(body, minute) for minute, (body, _) in by_arrival]
    assert list(in_nearline(events).finished_parts) == finished_parts(map(in_spark, events))


@given(st.lists(st.tuples(plays, st.integers(0, 90)), min_size=1, max_size=6))
def test_the_same_share_of_a_title_is_watched_until_the_same_time(
    bodies: list[tuple[Play, int]],
) -> None:
    """Anchors and watch-again depend on both; the sessions of a title are taken together."""
    events = [accepted(body, 100 * number + minute) for number, (body, minute) in enumerate(bodies)]
    digest = msgspec.structs.replace(
        Digest(position=LogPosition(0, 0), as_of_ms=NOW_MS), **digest_fields([in_nearline(events)])
    )
    [recent] = digest.plays
    played = played_title(map(in_spark, events))
    assert played is not None
    assert (played.last_ms, played.fraction) == (recent.time_ms, recent.fraction)


@given(st.lists(plays, min_size=1, max_size=6))
def test_the_same_seconds_are_seen_and_the_same_plays_are_started(bodies: list[Play]) -> None:
    events = [accepted(body, minute) for minute, body in enumerate(bodies)]
    watched = in_nearline(events)
    session = summarize([in_spark(event) for event in events], ONLY_ABANDONED)
    assert session.seen_s == watched.total_seen_s
    started = session.finished or is_started(watched.total_seen_s, RUNTIME_S)
    assert (session.reward == 0) == started
