"""The query of a digest."""

from shared.ids import TitleId
from shared.models.port import HistoryEntry, QueryContext
from shared.models.queries import query_of
from shared.records.digest import Digest, Facts, LogPosition, RecentPlay

MORNING, EVENING = 1_700_000_000_000, 1_700_040_000_000


def digest(*plays: RecentPlay, picks: tuple[TitleId, ...] = ()) -> Digest:
    facts = Facts(18, "JP", ("ja",), None)
    return Digest(
        position=LogPosition(1, 9),
        as_of_ms=EVENING,
        received_ms=EVENING,
        plays=plays,
        picks=picks,
        facts=facts,
    )


def test_a_query_has_the_time_of_the_latest_event_and_the_last_plays_device_and_offset() -> None:
    query = query_of(
        digest(
            RecentPlay(TitleId("a"), MORNING, 1.0, "phone", 60),
            RecentPlay(TitleId("b"), EVENING, 0.5, "tv", 540),
        ),
    )
    assert query.context == QueryContext(EVENING, 540, "tv", "JP")
    assert [entry.title_id for entry in query.history] == ["a", "b"]


def test_unplayed_picks_come_before_all_plays() -> None:
    query = query_of(
        digest(RecentPlay(TitleId("a"), MORNING, 0.4, "tv"), picks=(TitleId("a"), TitleId("p")))
    )
    assert query.history == (
        HistoryEntry(TitleId("p"), MORNING),
        HistoryEntry(TitleId("a"), MORNING, 0.4, "tv"),
    )


def test_the_query_of_a_profile_without_plays_has_the_time_of_the_digest() -> None:
    assert query_of(digest()).context == QueryContext(EVENING, 0, "unknown", "JP")
