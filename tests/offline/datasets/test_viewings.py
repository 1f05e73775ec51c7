"""Viewing sessions: their extent, their reward, and that nothing later than their time counts."""

import pyarrow as pa
import pytest
from pyspark.sql import SparkSession

from offline.datasets.interactions import known_at, to_interactions
from offline.datasets.reward import RewardSettings, reward
from offline.datasets.viewings import play_times, read_viewings
from offline.lake.schema import TABLE
from offline.lake.view import events
from shared.clock import DAY_MS, HOUR_MS, MINUTE_MS
from shared.events.feedback import Rating, Thumb
from shared.ids import ProfileId, TitleId
from shared.log.port import Partition
from shared.vocabulary import Vocabulary
from tests.offline.events import NOW, completed, event, progress
from tests.offline.frozen_log import empty_log
from tests.offline.lakes import ingest_log

START = NOW - 2 * DAY_MS
SETTINGS = RewardSettings(start=0.1, fraction=1.0, finished=0.5, thumb=0.25, abandoned=0.5)


def viewings(lake: SparkSession, values: list[bytes], *as_of: int) -> pa.Table:
    log = empty_log().with_records(Partition("signals", 0), values, append_time_ms=NOW)
    return read_viewings(events(lake, ingest_log(lake, log)), SETTINGS, as_of)


def test_intervals_seen_twice_count_once_and_episodes_add_up(lake: SparkSession) -> None:
    values = [
        event(progress("film", (0, 600), (300, 900)), "e1", START),
        event(progress("film", (100, 400)), "e2", START + MINUTE_MS),
        event(progress("show", (0, 600), runtime_s=1200, episode_id="a"), "e3", START),
        event(progress("show", (0, 300), runtime_s=1200, episode_id="b"), "e4", START + MINUTE_MS),
    ]
    rows = viewings(lake, values, NOW).to_pylist()
    assert {row["title_id"]: (row["seen_s"], row["fraction"]) for row in rows} == {
        "film": (900, pytest.approx(0.15)),
        "show": (900, pytest.approx(0.75)),
    }


def test_a_session_is_qualified_after_fifteen_minutes_or_seven_tenths(lake: SparkSession) -> None:
    values = [
        event(progress("film-14:59", (0, 899)), "e1", START),
        event(progress("film-15:00", (0, 900)), "e2", START),
        event(progress("short-.69", (0, 414), runtime_s=600), "e3", START),
        event(progress("short-.7", (0, 420), runtime_s=600), "e4", START),
    ]
    rows = viewings(lake, values, NOW).to_pylist()
    assert {row["title_id"]: row["qualified"] for row in rows} == {
        "film-14:59": False,
        "film-15:00": True,
        "short-.69": False,
        "short-.7": True,
    }


def test_a_long_gap_separates_two_sessions(
    lake: SparkSession,
) -> None:
    values = [
        event(progress("film", (0, 60)), "e1", START),
        event(progress("film", (60, 120)), "e2", START + 30 * MINUTE_MS),
        event(progress("film", (120, 180)), "e3", START + 62 * MINUTE_MS),
    ]
    rows = viewings(lake, values, NOW).to_pylist()
    assert [(row["start_ms"], row["end_ms"], row["seen_s"]) for row in rows] == [
        (START, START + 30 * MINUTE_MS, 120),
        (START + 62 * MINUTE_MS, START + 62 * MINUTE_MS, 60),
    ]


def test_watched_time_is_not_a_gap_even_if_the_player_reports_once(
    lake: SparkSession,
) -> None:
    values = [
        event(progress("film"), "e1", START),
        event(completed("film"), "e2", START + 100 * MINUTE_MS),
    ]
    (row,) = viewings(lake, values, NOW).to_pylist()
    assert (row["start_ms"], row["end_ms"], row["seen_s"], row["finished"]) == (
        START,
        START + 100 * MINUTE_MS,
        6_000,
        True,
    )


def test_the_reward_adds_up_and_the_last_thumb_counts(
    lake: SparkSession,
) -> None:
    values = [
        event(completed("loved"), "e1", START),
        event(Thumb(title_id=TitleId("loved"), value=-1), "e2", START + HOUR_MS),
        event(Thumb(title_id=TitleId("loved"), value=2), "e3", START + 2 * HOUR_MS),
        event(progress("left", (0, 60)), "e4", START),
        event(Rating(title_id=TitleId("left"), stars=1.0), "e5", START + HOUR_MS),
        event(Thumb(title_id=TitleId("unseen"), value=1), "e6", START),
    ]
    rewards = {row["title_id"]: row["reward"] for row in viewings(lake, values, NOW).to_pylist()}
    # loved: 0.1 start + 1.0 whole + 0.5 credits + 2 × 0.25; left: 0.1 + 60/6000 − 0.5 abandoned −
    # 0.25 for one star
    assert rewards == {"loved": pytest.approx(2.1), "left": pytest.approx(-0.64)}


def test_later_events_do_not_change_an_earlier_table(lake: SparkSession) -> None:
    split = START + HOUR_MS
    earlier = [
        event(progress("film", (0, 60)), "e1", START),
        event(progress("other", (0, 900)), "e2", split - 5 * MINUTE_MS),
    ]
    later = [
        event(progress("other", (900, 6000)), "f1", split + 5 * MINUTE_MS),
        event(Thumb(title_id=TitleId("film"), value=-1), "f2", split),
        event(completed("new"), "f3", split + DAY_MS),
    ]
    mutated = known_at(viewings(lake, earlier + later, split, NOW), split)
    lake.sql(f"DROP TABLE {TABLE}")
    assert known_at(viewings(lake, earlier, split, NOW), split).equals(mutated)
    assert mutated.num_rows == 2


def test_equal_events_in_any_order_give_equal_tables(lake: SparkSession) -> None:
    values = [
        event(
            progress(f"t{n % 3}", (n, n + 100)),
            f"e{n}",
            START + n * MINUTE_MS,
            profile_id=f"p{n % 2}",
        )
        for n in range(12)
    ]
    table = viewings(lake, values, NOW)
    lake.sql(f"DROP TABLE {TABLE}")
    assert viewings(lake, values[::-1] + values[:3], NOW).equals(table)


def test_the_given_share_of_plays_is_before_the_quantile(lake: SparkSession) -> None:
    values = [
        event(progress("film", (n, n + 1)), f"e{n}", START + n * MINUTE_MS) for n in range(11)
    ]
    log = empty_log().with_records(Partition("signals", 0), values, append_time_ms=NOW)
    times = play_times(events(lake, ingest_log(lake, log)), 0.8)
    assert times is not None
    assert (times.latest_ms, times.quantile_ms) == (START + 10 * MINUTE_MS, START + 8 * MINUTE_MS)


def test_an_abandoned_play_has_a_negative_reward() -> None:
    abandoned = reward(SETTINGS, fraction=0.01, finished=False, abandoned=True, thumb=0)
    finished = reward(SETTINGS, fraction=0.97, finished=True, abandoned=False, thumb=1)
    assert abandoned == pytest.approx(0.1 + 0.01 - 0.5)
    assert finished == pytest.approx(0.1 + 0.97 + 0.5 + 0.25)


def test_interactions_leave_out_withdrawn_titles() -> None:
    row = {
        "start_ms": 5,
        "end_ms": 9,
        "fraction": 0.5,
        "seen_s": 50,
        "finished": False,
        "reward": 0.6,
        "device": "tv",
        "country": "SE",
    }
    rows = [
        {**row, "profile_id": "p1", "title_id": "gone", "utc_offset_min": None},
        {**row, "profile_id": "p2", "title_id": "here", "utc_offset_min": 60},
    ]
    interactions = to_interactions(
        pa.Table.from_pylist(rows),
        (ProfileId("p1"), ProfileId("p2")),
        Vocabulary([TitleId("here")]),
    )
    assert interactions.users.tolist() == [1]
    assert interactions.items.tolist() == [0]
    assert interactions.offset_min.tolist() == [60]
    assert interactions.countries == ("SE",)
