"""The profiles at a snapshot of the lake, and the titles that they finished."""

from pyspark.sql import SparkSession

from offline.candidates.inputs import finished_titles
from offline.datasets.profiles import read_profiles
from offline.lake.view import events
from shared.catalog.titles import FILM_PART
from shared.clock import DAY_MS
from shared.events.feedback import Rating, Thumb
from shared.events.profiles import ProfileFacts
from shared.events.searches import SearchPerformed
from shared.ids import TitleId
from shared.log.port import Partition
from tests.offline.events import NOW, completed, event, film, progress, series
from tests.offline.frozen_log import empty_log
from tests.offline.lakes import ingest_log

SIGNALS = Partition("signals", 0)


def test_profiles_have_their_latest_facts_and_opinions_in_any_order_of_arrival(
    lake: SparkSession,
) -> None:
    values = [
        event(ProfileFacts(maturity_ceiling=12, country="NO"), "e2", NOW - DAY_MS),
        event(ProfileFacts(maturity_ceiling=7, country="SE"), "e1", NOW - 2 * DAY_MS),
        event(Thumb(title_id=TitleId("t1"), value=1), "e4", NOW - DAY_MS),
        event(Thumb(title_id=TitleId("t1"), value=-1), "e3", NOW - 2 * DAY_MS),
        event(Thumb(title_id=TitleId("t2"), value=-1), "e5", NOW - DAY_MS),
        event(Thumb(title_id=TitleId("t3"), value=0), "e6", NOW - DAY_MS),
        event(Rating(title_id=TitleId("t1"), stars=0.5), "r1", NOW - DAY_MS),
        event(Rating(title_id=TitleId("t3"), stars=0.5), "r2", NOW - DAY_MS),
        event(Rating(title_id=TitleId("t4"), stars=3.0), "r3", NOW - DAY_MS),
        event(progress("t4", (0, 5580)), "e7", NOW - DAY_MS),
        event(progress("t5", (0, 5400)), "e8", NOW - DAY_MS),
        event(completed("s1", "one", 1800), "e9", NOW - DAY_MS),
        event(SearchPerformed(query="a"), "f1", NOW - DAY_MS, profile_id="p0"),
    ]
    log = empty_log().with_records(SIGNALS, values, append_time_ms=NOW)
    assert read_profiles(events(lake, ingest_log(lake, log))).to_pylist() == [
        {
            "profile_id": "p0",
            "maturity_ceiling": None,
            "country": None,
            "opinions": [],
            "played": [],
        },
        {
            "profile_id": "p1",
            "maturity_ceiling": 12,
            "country": "NO",
            # A thumb comes before stars; three stars are no opinion.
            "opinions": [
                {"title_id": "t1", "value": 1},
                {"title_id": "t2", "value": -1},
                {"title_id": "t3", "value": -1},
            ],
            "played": [
                {"title_id": "s1", "last_ms": NOW - DAY_MS, "fraction": 1.0, "parts": ["one"]},
                # 5,580 of 6,000 seconds is beyond the start of the credits, 5,400 is not.
                {"title_id": "t4", "last_ms": NOW - DAY_MS, "fraction": 0.93, "parts": [FILM_PART]},
                {"title_id": "t5", "last_ms": NOW - DAY_MS, "fraction": 0.9, "parts": []},
            ],
        },
    ]


def test_a_series_is_finished_when_every_released_episode_is() -> None:
    titles = [
        film("film"),
        series("one-left", "one", "two"),
        series("all", "one"),
        series("new-season", "one", "two", announced=("three",)),
        series("announced", announced=("one",)),
    ]
    entries = [
        {"title_id": "film", "parts": [FILM_PART]},
        {"title_id": "one-left", "parts": ["one"]},
        {"title_id": "all", "parts": ["one"]},
        {"title_id": "new-season", "parts": ["one", "two"]},
        {"title_id": "announced", "parts": []},
        {"title_id": "withdrawn", "parts": [FILM_PART]},
    ]
    by_id = {title.title_id: title for title in titles}
    assert finished_titles(entries, by_id, NOW) == {"film", "all", "new-season"}
    assert finished_titles(entries, by_id, NOW + 2 * DAY_MS) == {"film", "all"}
    assert finished_titles([], by_id, NOW) == set()
