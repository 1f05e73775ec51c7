"""The world applies the watching rules of the product to the plays of a profile."""

import numpy as np
import pytest

from infra.world.catalog.titles import Playable
from infra.world.memory import (
    Memory,
    TitleProgress,
    is_finished,
    is_part_finished,
    is_resumable,
)
from shared.catalog.titles import FILM_PART
from shared.clock import DAY_MS
from tests.world.conftest import NOW_MS, WorldHistory

FILM = Playable((FILM_PART,), (100 * 60,), (0,))
SERIES = Playable(
    ("e1", "e2", "e3"),
    (40 * 60, 40 * 60, 40 * 60),
    (0, 0, NOW_MS + DAY_MS),
)
"""Two released episodes and an announced one."""


@pytest.mark.parametrize(("share", "expected"), [(0.91, False), (0.92, True), (0.93, True)])
def test_a_film_is_finished_from_the_credits_on(share: float, expected: bool) -> None:
    assert is_part_finished(int(share * 6_000), 6_000) is expected


def test_a_finished_part_advances_to_the_beginning_of_the_next() -> None:
    progress = TitleProgress()
    assert not progress.end_play(SERIES, 1_000)
    assert (progress.next_part, progress.position_s) == (0, 1_000)
    assert progress.end_play(SERIES, 2_300)
    assert (progress.next_part, progress.position_s, progress.finished_parts) == (1, 0, {"e1"})


def test_an_announced_episode_does_not_keep_a_series_unfinished() -> None:
    assert not is_finished(TitleProgress(finished_parts={"e1"}), SERIES, NOW_MS)
    assert is_finished(TitleProgress(finished_parts={"e1", "e2"}), SERIES, NOW_MS)
    assert not is_finished(TitleProgress(finished_parts={"e1", "e2"}), SERIES, NOW_MS + DAY_MS)


def test_a_part_that_is_watched_again_is_unfinished_until_the_credits() -> None:
    progress = TitleProgress(next_part=2, finished_parts={"e1", "e2"})
    progress.restart()
    progress.begin_play(SERIES)
    assert progress.finished_parts == {"e2"}
    progress.end_play(SERIES, 2_300)
    assert is_finished(progress, SERIES, NOW_MS)


def test_a_play_shorter_than_two_minutes_cannot_be_resumed() -> None:
    assert not is_resumable(TitleProgress(position_s=119, last_ms=NOW_MS), FILM, NOW_MS)
    assert is_resumable(TitleProgress(position_s=120, last_ms=NOW_MS), FILM, NOW_MS)


def test_a_series_can_be_resumed_between_two_episodes() -> None:
    progress = TitleProgress(next_part=1, finished_parts={"e1"}, last_ms=NOW_MS)
    assert is_resumable(progress, SERIES, NOW_MS)


def test_a_title_last_played_more_than_ninety_days_ago_is_not_offered_for_resumption() -> None:
    progress = TitleProgress(position_s=600, last_ms=NOW_MS - 90 * DAY_MS)
    assert is_resumable(progress, FILM, NOW_MS)
    assert not is_resumable(progress, FILM, NOW_MS + 1)


def test_a_new_episode_makes_a_finished_series_unfinished() -> None:
    memory = Memory(times_shown=np.zeros(1, dtype=np.float32))
    memory.progress[0] = TitleProgress(next_part=2, finished_parts={"e1", "e2"})
    assert list(memory.finished((SERIES,), NOW_MS)) == [0]
    assert list(memory.finished((SERIES,), NOW_MS + DAY_MS)) == []


def test_a_title_is_new_for_thirty_days_from_its_launch(history: WorldHistory) -> None:
    titles = history.world.titles
    launch_ms = int(titles.launch_ms[70])
    assert not titles.new(launch_ms - 1)[70]
    assert titles.new(launch_ms)[70]
    assert titles.new(launch_ms + 30 * DAY_MS)[70]
    assert not titles.new(launch_ms + 30 * DAY_MS + 1)[70]
