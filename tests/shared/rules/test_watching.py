"""The watching rules at their boundaries, worked out by hand."""

import pytest

from shared.catalog.titles import FILM_PART
from shared.clock import DAY_MS
from shared.rules import watching as rules

FILM_S = 7_200
CLIP_S = 600
NOW_MS = 1_800_000_000_000


def test_a_fraction_never_exceeds_one() -> None:
    assert rules.watched_fraction(50, 100) == 0.5
    assert rules.watched_fraction(500, 100) == 1.0


@pytest.mark.parametrize(
    ("watched_s", "runtime_s", "started"),
    [(119, FILM_S, False), (120, FILM_S, True), (69, 100, False), (70, 100, True)],
)
def test_a_play_is_started_after_two_minutes_or_most_of_a_short_title(
    watched_s: int, runtime_s: int, started: bool
) -> None:
    assert rules.is_started(watched_s, runtime_s) is started
    assert rules.is_abandoned(watched_s, runtime_s, finished=False) is not started
    assert not rules.is_abandoned(watched_s, runtime_s, finished=True)


@pytest.mark.parametrize(
    ("watched_s", "runtime_s", "qualified"),
    [(899, FILM_S, False), (900, FILM_S, True), (419, CLIP_S, False), (420, CLIP_S, True)],
)
def test_a_play_is_qualified_after_fifteen_minutes_or_seven_tenths(
    watched_s: int, runtime_s: int, qualified: bool
) -> None:
    assert rules.is_qualified(watched_s, runtime_s) is qualified


@pytest.mark.parametrize(
    ("position_s", "completed", "finished", "before_credits"),
    [
        (0, True, True, False),
        (919, False, False, False),
        (920, False, True, False),
        (930, False, True, False),
        (899, False, False, True),
        (900, False, False, False),
    ],
)
def test_a_playback_is_finished_by_the_player_or_in_the_credits(
    position_s: int, completed: bool, finished: bool, before_credits: bool
) -> None:
    assert rules.is_playback_finished(position_s, 1_000, completed=completed) is finished
    assert rules.is_before_credits(position_s, 1_000, completed=completed) is before_credits


@pytest.mark.parametrize(
    ("released", "finished_parts", "finished"),
    [
        ({FILM_PART}, {FILM_PART}, True),
        ({FILM_PART}, set(), False),
        ({"e1", "e2"}, {"e1", "e2"}, True),
        ({"e1", "e2"}, {"e2"}, False),
        ({"e1"}, {"e1", "withdrawn"}, True),
        (set(), {"e1"}, False),
    ],
)
def test_a_title_is_finished_when_every_released_part_is(
    released: set[str], finished_parts: set[str], finished: bool
) -> None:
    assert rules.is_title_finished(released, finished_parts) is finished


@pytest.mark.parametrize(
    ("fraction", "thumb", "liked"),
    [(0.69, 0, False), (0.7, 0, True), (1.0, -1, False), (0.0, 1, True), (0.1, 2, True)],
)
def test_a_thumb_outweighs_the_watched_fraction(fraction: float, thumb: int, liked: bool) -> None:
    assert rules.is_liked(fraction, thumb) is liked


def test_stars_become_thumbs_at_two_and_four() -> None:
    assert [rules.thumb_of_stars(stars) for stars in (0.5, 2, 2.5, 3.5, 4, 5)] == [
        *(-1, -1, 0, 0, 1, 1)
    ]


def test_a_thumb_comes_before_stars_until_it_is_withdrawn() -> None:
    assert [rules.opinion(thumb, 0.5) for thumb in (2, 1, -1, 0)] == [2, 1, -1, -1]
    assert [rules.opinion(0, stars) for stars in (None, 3.0, 5.0)] == [0, 0, 1]


def test_ages_are_inclusive_of_their_last_day() -> None:
    def ago(days: float) -> int:
        return NOW_MS - round(days * DAY_MS)

    assert [rules.is_dormant(ago(days), NOW_MS) for days in (90, 90.1)] == [False, True]
    assert [rules.is_rested(ago(days), NOW_MS) for days in (13.9, 14)] == [False, True]
    assert [rules.is_anchor(0.7, 0, ago(days), NOW_MS) for days in (365, 365.1)] == [True, False]
    assert [rules.is_new(ago(days), NOW_MS) for days in (-0.1, 0, 30, 30.1)] == [
        *(False, True, True, False)
    ]


def test_the_earliest_new_launch_is_new() -> None:
    earliest = rules.new_since_ms(NOW_MS)
    assert rules.is_new(earliest, NOW_MS)
    assert not rules.is_new(earliest - 1, NOW_MS)


@pytest.mark.parametrize(
    ("seen_s", "finished_parts", "started"),
    [(119, set(), False), (120, set(), True), (0, {"e1"}, True), (20, {"e1"}, True)],
)
def test_a_finished_part_or_two_minutes_start_a_title(
    seen_s: int, finished_parts: set[str], started: bool
) -> None:
    assert rules.is_title_started(seen_s, FILM_S, finished_parts) is started


@pytest.mark.parametrize(
    ("days", "started", "finished", "resumable"),
    [
        (1, True, False, True),
        (90, True, False, True),
        (91, True, False, False),
        (1, False, False, False),
        (1, True, True, False),
    ],
)
def test_a_started_unfinished_title_is_resumable_until_it_is_dormant(
    days: int, started: bool, finished: bool, resumable: bool
) -> None:
    last_ms = NOW_MS - days * DAY_MS
    assert rules.is_resumable(last_ms, NOW_MS, started=started, finished=finished) is resumable
