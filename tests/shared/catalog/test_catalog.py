"""Released parts and next episodes of a series with a special, a gap and an announced episode."""

import pytest

from shared.catalog.catalog import next_episode, next_unfinished_episode, released_parts
from shared.catalog.titles import FILM_PART, Episode, Title
from shared.ids import EpisodeId, TitleId

NOW_MS = 1_800_000_000_000


def episode(season: int, number: int, available_from_ms: int = 0) -> Episode:
    return Episode(EpisodeId(f"s{season}e{number}"), season, number, 3_000, available_from_ms)


def series(*episodes: Episode) -> Title:
    return Title(
        title_id=TitleId("t"),
        name="T",
        kind="series",
        genres=(),
        runtime_s=3_000,
        launch_ms=0,
        windows=(),
        episodes=episodes,
    )


SERIES = series(episode(2, 1), episode(1, 2), episode(1, 1), episode(2, 2, NOW_MS + 1))


def test_an_announced_episode_is_not_released() -> None:
    assert released_parts(SERIES, NOW_MS) == ("s2e1", "s1e2", "s1e1")
    assert released_parts(SERIES, NOW_MS + 1) == ("s2e1", "s1e2", "s1e1", "s2e2")
    assert released_parts(series(episode(1, 1, NOW_MS + 1)), NOW_MS) == ()


def test_a_title_without_episodes_has_one_part() -> None:
    assert released_parts(series(), NOW_MS) == (FILM_PART,)


@pytest.mark.parametrize(
    ("last", "following"),
    [(None, "s1e1"), ("s1e1", "s1e2"), ("s1e2", "s2e1"), ("s2e1", None), ("other", None)],
)
def test_episodes_follow_by_season_and_number(last: str | None, following: str | None) -> None:
    episode = next_episode(SERIES, None if last is None else EpisodeId(last), NOW_MS)
    assert (episode and episode.episode_id) == following


@pytest.mark.parametrize(
    ("last", "finished", "following"),
    [
        ("s1e1", {"s1e1"}, "s1e2"),
        ("s1e1", {"s1e1", "s1e2"}, "s2e1"),
        ("s2e1", {"s2e1"}, "s1e1"),
        ("other", {"s1e1"}, "s1e2"),
        ("s2e1", {"s1e1", "s1e2", "s2e1"}, None),
    ],
)
def test_the_first_unfinished_episode_follows_the_last_one(
    last: str, finished: set[str], following: str | None
) -> None:
    episode = next_unfinished_episode(SERIES, EpisodeId(last), finished, NOW_MS)
    assert (episode and episode.episode_id) == following
