"""The catalog and the profiles as the lake tells them."""

from pyspark.sql import SparkSession

from offline.candidates.members import finished_titles
from offline.datasets.catalog import read_catalog
from offline.datasets.profiles import read_profiles
from offline.lake.ingest import commit_plan, plan_new
from offline.lake.table import current_snapshot, ensure_table
from offline.lake.view import events
from shared.events.catalog import TitleWithdrawn
from shared.events.codec import encode
from shared.events.feedback import Thumb
from shared.events.profiles import ProfileFacts
from shared.ids import EventId, TitleId
from shared.log.port import Partition, Record
from tests.offline.events import DAY, NOW, completed, event, film, progress, published, series
from tests.offline.frozen_log import FrozenLog, empty_log

CATALOG, SIGNALS = Partition("catalog", 0), Partition("signals", 0)


def snapshot_of(lake: SparkSession, log: FrozenLog) -> int:
    ensure_table(lake)
    commit_plan(lake, log, plan_new(lake, log), NOW)
    return current_snapshot(lake) or 0


def keyed(*entries: tuple[str, bytes | None]) -> FrozenLog:
    records = tuple(
        Record(CATALOG, offset, key.encode(), value, NOW)
        for offset, (key, value) in enumerate(entries)
    )
    return FrozenLog(empty_log().topics, {CATALOG: records})


def test_the_last_word_on_a_title_counts_and_withdrawn_titles_are_gone(lake: SparkSession) -> None:
    withdrawal = encode(
        TitleWithdrawn(title_id=TitleId("b")), event_id=EventId("w"), event_time_ms=NOW
    )
    log = keyed(
        ("a", published(film("a", "Drama"))),
        ("b", published(film("b"))),
        ("c", published(film("c"))),
        ("a", published(film("a", "Comedy"))),
        ("b", withdrawal),
        ("c", None),
        ("d", published(film("d"))),
        ("d", b"broken"),
    )
    catalog = read_catalog(lake, snapshot_of(lake, log))
    assert [(title.title_id, title.genres) for title in catalog.titles] == [
        ("a", ("Comedy",)),
        ("d", ("Drama",)),
    ]
    assert (catalog.incarnation, catalog.next_offset) == ("catalog-1", 8)


def test_profiles_keep_their_latest_facts_and_thumbs_however_late_they_come(
    lake: SparkSession,
) -> None:
    told = [
        event(ProfileFacts(maturity_ceiling=12, country="NO"), "e2", NOW - DAY),
        event(ProfileFacts(maturity_ceiling=7, country="SE"), "e1", NOW - 2 * DAY),
        event(Thumb(title_id=TitleId("t1"), value=1), "e4", NOW - DAY),
        event(Thumb(title_id=TitleId("t1"), value=-1), "e3", NOW - 2 * DAY),
        event(Thumb(title_id=TitleId("t2"), value=-1), "e5", NOW - DAY),
        event(completed("t3"), "e6", NOW - DAY),
        event(completed("s1", "one", 1800), "e7", NOW - DAY),
        event(progress("t9", (0, 10)), "e8", NOW - DAY, profile_id="p0"),
    ]
    log = empty_log().with_records(SIGNALS, told, append_time_ms=NOW)
    assert read_profiles(events(lake, snapshot_of(lake, log))).to_pylist() == [
        {
            "profile_id": "p0",
            "maturity_ceiling": None,
            "country": None,
            "disliked": [],
            "completed": [],
        },
        {
            "profile_id": "p1",
            "maturity_ceiling": 12,
            "country": "NO",
            "disliked": ["t2"],
            "completed": [
                {"title_id": "s1", "episodes": ["one"]},
                {"title_id": "t3", "episodes": [""]},
            ],
        },
    ]


def test_a_series_is_finished_when_every_episode_is() -> None:
    titles = [film("t3"), series("s1", "one", "two"), series("s2", "one")]
    entries = [
        {"title_id": "t3", "episodes": [""]},
        {"title_id": "s1", "episodes": ["one"]},
        {"title_id": "s2", "episodes": ["one"]},
    ]
    assert finished_titles([entries, []], titles) == [["s2", "t3"], []]
