"""When a part of a title is finished, from its play events."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from offline.datasets.playback import finished_parts
from offline.datasets.signals import SignalEvent
from shared.catalog.titles import FILM_PART
from shared.events.plays import Play, PlayCompleted, PlayProgress, PlayStopped
from shared.ids import EpisodeId, TitleId

RUNTIME_S = 1000


def play(
    time_ms: int,
    position_s: int,
    kind: type[Play] = PlayProgress,
    episode_id: str | None = None,
) -> SignalEvent:
    episode = None if episode_id is None else EpisodeId(episode_id)
    body = kind(
        title_id=TitleId("t"), runtime_s=RUNTIME_S, position_s=position_s, episode_id=episode
    )
    return SignalEvent((time_ms, 0, f"e{time_ms}"), body)


@pytest.mark.parametrize(("position_s", "finished"), [(919, False), (920, True), (1000, True)])
def test_a_film_is_finished_in_its_credits(position_s: int, finished: bool) -> None:
    assert finished_parts([play(1, position_s)]) == [FILM_PART] * finished


def test_a_completed_event_finishes_a_part_at_any_position() -> None:
    assert finished_parts([play(1, 0, PlayCompleted)]) == [FILM_PART]


@pytest.mark.parametrize(("position_s", "finished"), [(899, False), (900, True), (950, True)])
def test_a_finished_part_is_reopened_only_clearly_before_the_credits(
    position_s: int, finished: bool
) -> None:
    events = [play(1, 1000, PlayCompleted), play(2, position_s)]
    assert finished_parts(events) == [FILM_PART] * finished


def test_a_second_viewing_to_the_end_finishes_the_part_again() -> None:
    assert finished_parts([play(1, 1000), play(2, 100), play(3, 930)]) == [FILM_PART]


def test_each_episode_is_finished_by_itself() -> None:
    events = [
        play(1, 1000, episode_id="a"),
        play(2, 100, episode_id="b"),
        play(3, 1000, episode_id="c"),
        play(4, 10, PlayStopped, episode_id="c"),
    ]
    assert finished_parts(events) == ["a"]


@given(st.lists(st.tuples(st.integers(1, 5), st.sampled_from([100, 910, 1000])), unique=True))
def test_the_order_of_arrival_does_not_matter(events: list[tuple[int, int]]) -> None:
    plays = [play(time_ms, position_s) for time_ms, position_s in events]
    assert finished_parts(plays) == finished_parts(plays[::-1])
