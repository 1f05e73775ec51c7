"""Nearline, online, offline and the simulated world answer the same cases equally."""

import pytest

from infra.world.catalog.titles import Playable
from infra.world.memory import TitleProgress, is_finished, is_part_finished
from offline.datasets.playback import finished_parts
from offline.datasets.viewings import summarize as summarize_session
from shared.catalog.titles import FILM_PART, Title
from shared.events.accept import AcceptedEvent
from shared.events.plays import Play, PlayCompleted, PlayProgress
from shared.ids import EpisodeId, TitleId
from shared.rules.watching import is_started
from tests.offline.events import NOW, film, series
from tests.parity.cases import CASES, RUNTIME_S, PlayCase, WatchingCase
from tests.parity.tiers import (
    ONLY_ABANDONED,
    accepted,
    finished_offline,
    finished_online,
    in_nearline,
    in_spark,
)

each_case = pytest.mark.parametrize("case", CASES.values(), ids=CASES)


def title_of(case: WatchingCase) -> Title:
    if case.released or case.announced:
        return series("t", *case.released, announced=case.announced)
    return film("t")


def body_of(play: PlayCase) -> Play:
    kind = PlayCompleted if play.completed else PlayProgress
    return kind(
        title_id=TitleId("t"),
        runtime_s=RUNTIME_S,
        position_s=play.position_s,
        watched=() if play.watched is None else (play.watched,),
        episode_id=EpisodeId(play.part) if play.part != FILM_PART else None,
    )


def events_of(case: WatchingCase) -> list[AcceptedEvent]:
    return [accepted(body_of(play), minute) for minute, play in enumerate(case.plays)]


@each_case
def test_nearline(case: WatchingCase) -> None:
    watched = in_nearline(events_of(case))
    assert set(watched.finished_parts) == case.finished_parts
    assert is_started(watched.total_seen_s, watched.runtime_s) is case.started


@each_case
def test_online(case: WatchingCase) -> None:
    assert finished_online(title_of(case), events_of(case), NOW) is case.finished


@each_case
def test_offline(case: WatchingCase) -> None:
    events = [in_spark(event) for event in events_of(case)]
    assert set(finished_parts(events)) == case.finished_parts
    assert finished_offline(title_of(case), events_of(case), NOW) is case.finished
    assert (summarize_session(events, ONLY_ABANDONED).reward == 0) is case.started


@each_case
def test_world(case: WatchingCase) -> None:
    for play in case.plays:
        if not play.completed:
            assert is_part_finished(play.position_s, RUNTIME_S) is (play.position_s >= 920)
    title = title_of(case)
    playable = Playable(
        tuple(episode.episode_id for episode in title.episodes) or (FILM_PART,),
        (RUNTIME_S,) * max(1, len(title.episodes)),
        tuple(episode.available_from_ms for episode in title.episodes) or (0,),
    )
    progress = TitleProgress(finished_parts=set(case.finished_parts), last_ms=NOW)
    assert is_finished(progress, playable, NOW) is case.finished
