"""What trends: counted starts per country, decayed to the newest bucket, the same after any replay."""

import pytest

from nearline.handlers.base import Start
from nearline.tallies import KEPT_BUCKETS, RING, PartitionTally, read_tally
from nearline.totals import LONG_HALF_LIFE_MS
from shared.events.plays import PlayProgress
from shared.ids import TitleId
from shared.log.port import Partition
from shared.records.digest import LogPosition
from shared.records.tallies import BUCKET_MS, TRENDING
from shared.store.tables import TALLIES
from shared.topics import SIGNALS
from tests.nearline.events import T0, Said, title
from tests.nearline.platform import PARTITIONS, Place

HOUR_MS = 3_600_000
EPOCH = T0 // BUCKET_MS * BUCKET_MS


def watching(
    event_id: str, name: str, at_ms: int, profile: str, seconds: int = 120, country: str = "US"
) -> Said:
    body = PlayProgress(
        title_id=title(name), runtime_s=3_000, position_s=seconds, watched=((0, seconds),)
    )
    return Said(event_id, body, at_ms, profile, {"country": country})


def test_a_start_counts_once_two_minutes_were_watched() -> None:
    place = Place()
    place.fold(
        watching("1", "a", EPOCH, "p", seconds=119), watching("2", "b", EPOCH, "p", seconds=120)
    )
    assert place.totals().short == {"b": 1.0}


def test_watching_on_counts_no_second_start() -> None:
    place = Place()
    place.fold(
        *(
            watching(f"{minutes}", "a", EPOCH + minutes * 60_000, "p", seconds=minutes * 60)
            for minutes in range(1, 40)
        )
    )
    assert place.totals().long == {"a": pytest.approx(0.5 ** (0 / 24))}


def test_countries_are_counted_apart_and_together() -> None:
    place = Place()
    place.fold(
        watching("1", "a", EPOCH, "p", country="US"), watching("2", "a", EPOCH, "q", country="DE")
    )
    assert place.totals("*").short == {"a": 2.0}
    assert place.totals("DE").short == {"a": 1.0}
    assert place.totals("US").short == {"a": 1.0}


def test_counts_halve_with_their_half_life_against_the_newest_bucket() -> None:
    place = Place()
    place.fold(watching("1", "a", EPOCH, "p"), watching("2", "b", EPOCH + HOUR_MS, "q"))
    totals = place.totals()
    assert totals.short == {"a": pytest.approx(0.5), "b": pytest.approx(1.0)}
    assert totals.long == {"a": pytest.approx(0.5 ** (1 / 24)), "b": pytest.approx(1.0)}
    assert totals.watermark_ms == EPOCH + HOUR_MS + BUCKET_MS
    assert totals.long_half_life_ms == LONG_HALF_LIFE_MS


def test_totals_say_how_much_of_each_partition_they_include() -> None:
    place = Place()
    place.fold(*(watching(profile, "a", EPOCH, profile) for profile in "pqrstuvw"))
    ends = {index: place.log.end_offset(Partition(SIGNALS, index)) for index in range(PARTITIONS)}
    assert place.totals().partitions == ends
    assert place.totals().short == {"a": 8.0}


def test_a_late_first_event_moves_the_start_to_its_own_time() -> None:
    place = Place()
    place.fold(
        watching("2", "a", EPOCH + HOUR_MS, "p"),
        watching("1", "a", EPOCH, "p", country="DE"),
        watching("3", "b", EPOCH + HOUR_MS, "p"),
    )
    assert place.totals().short == {"a": pytest.approx(0.5), "b": pytest.approx(1.0)}
    assert place.totals("DE").short == {"a": pytest.approx(0.5)}


def test_replayed_duplicates_make_no_trend() -> None:
    place = Place()
    events = [watching(profile, "a", EPOCH, profile) for profile in "pq"]
    place.fold(*events)
    before = place.totals()
    place.fold(*events * 10)
    assert place.totals() == before


def test_a_start_older_than_what_is_kept_is_counted_as_late_only() -> None:
    place = Place()
    place.fold(watching("1", "a", EPOCH + KEPT_BUCKETS * BUCKET_MS, "p"))
    place.fold(watching("2", "b", EPOCH, "p"))
    assert place.metric("marquee_nearline_late_starts_total") == 1
    assert place.totals().long.keys() == {"a"}


def test_rows_are_used_again_so_that_a_partition_never_has_more_of_them() -> None:
    place = Place()
    tally = read_tally(place.store, Partition(SIGNALS, 0))
    for number in range(1, 2_000):
        tally.move(
            LogPosition(1, number), None, Start(TitleId("a"), None, EPOCH + number * BUCKET_MS)
        )
        write = tally.write(LogPosition(1, number + 1))
        assert write is not None
        place.store.write([write])
    assert len(place.store.read(TALLIES, (TRENDING, 0))) == RING
    again = read_tally(place.store, Partition(SIGNALS, 0))
    assert again.buckets.keys() == tally.buckets.keys()
    assert again.position == LogPosition(1, 2_000)


def test_a_tally_skips_what_its_position_includes() -> None:
    tally = PartitionTally(Partition(SIGNALS, 0), LogPosition(1, 10), {})
    tally.move(LogPosition(1, 9), None, Start(TitleId("a"), None, EPOCH))
    assert tally.buckets == {}
