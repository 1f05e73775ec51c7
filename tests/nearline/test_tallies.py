"""Tallies: started plays by country and title, and their totals decayed to the newest bucket."""

import pytest

from nearline.handlers.effects import CounterDelta, CounterSpec
from nearline.tallies.buckets import PartitionTally, read_tally
from shared.clock import DAY_MS, HOUR_MS, MINUTE_MS
from shared.events.plays import PlayProgress
from shared.ids import TitleId
from shared.log.port import Partition
from shared.records.digest import LogPosition
from shared.records.tallies import TRENDING
from shared.store.tables import TALLIES
from shared.topics import SIGNALS
from tests.nearline.events import T0, SampleEvent, title
from tests.nearline.platform import PARTITIONS, MemoryPlatform

BUCKET_MS = 5 * MINUTE_MS
RETENTION_MS = 2 * DAY_MS
EPOCH = T0 // BUCKET_MS * BUCKET_MS


def play(
    event_id: str, name: str, at_ms: int, profile: str, seconds: int = 120, country: str = "US"
) -> SampleEvent:
    body = PlayProgress(
        title_id=title(name), runtime_s=3_000, position_s=seconds, watched=((0, seconds),)
    )
    return SampleEvent(event_id, body, at_ms, profile, {"country": country})


def test_a_play_of_two_minutes_counts_as_started() -> None:
    platform = MemoryPlatform()
    platform.fold(play("1", "a", EPOCH, "p", seconds=119), play("2", "b", EPOCH, "p", seconds=120))
    assert platform.totals().short == {"b": 1.0}


def test_a_play_that_continues_counts_one_start() -> None:
    platform = MemoryPlatform()
    platform.fold(
        *(
            play(f"{minutes}", "a", EPOCH + minutes * 60_000, "p", seconds=minutes * 60)
            for minutes in range(1, 40)
        )
    )
    assert platform.totals().long == {"a": 1.0}


def test_starts_are_counted_by_country_and_worldwide() -> None:
    platform = MemoryPlatform()
    platform.fold(
        play("1", "a", EPOCH, "p", country="US"), play("2", "a", EPOCH, "q", country="DE")
    )
    assert platform.totals("*").short == {"a": 2.0}
    assert platform.totals("DE").short == {"a": 1.0}
    assert platform.totals("US").short == {"a": 1.0}


def test_counts_halve_with_their_half_life_against_the_newest_bucket() -> None:
    platform = MemoryPlatform()
    platform.fold(play("1", "a", EPOCH, "p"), play("2", "b", EPOCH + HOUR_MS, "q"))
    totals = platform.totals()
    assert totals.short == {"a": pytest.approx(0.5), "b": pytest.approx(1.0)}
    assert totals.long == {"a": pytest.approx(0.5 ** (1 / 24)), "b": pytest.approx(1.0)}
    assert totals.watermark_ms == EPOCH + HOUR_MS + BUCKET_MS
    assert (totals.short_half_life_ms, totals.long_half_life_ms) == (HOUR_MS, DAY_MS)


def test_totals_name_the_offset_of_each_partition_that_they_include() -> None:
    platform = MemoryPlatform()
    platform.fold(*(play(profile, "a", EPOCH, profile) for profile in "pqrstuvw"))
    ends = {
        index: platform.log.end_offset(Partition(SIGNALS, index)) for index in range(PARTITIONS)
    }
    assert platform.totals().partitions == ends
    assert platform.totals().short == {"a": 8.0}


def test_a_late_first_event_moves_the_counted_start_to_its_time_and_country() -> None:
    platform = MemoryPlatform()
    platform.fold(
        play("2", "a", EPOCH + HOUR_MS, "p"),
        play("1", "a", EPOCH, "p", country="DE"),
        play("3", "b", EPOCH + HOUR_MS, "p"),
    )
    assert platform.totals().short == {"a": pytest.approx(0.5), "b": pytest.approx(1.0)}
    assert platform.totals("DE").short == {"a": pytest.approx(0.5)}


def test_duplicates_do_not_change_the_totals() -> None:
    platform = MemoryPlatform()
    events = [play(profile, "a", EPOCH, profile) for profile in "pq"]
    platform.fold(*events)
    first_totals = platform.totals()
    platform.fold(*events * 10)
    assert platform.totals() == first_totals


def test_a_start_older_than_the_retention_counts_as_late_only() -> None:
    platform = MemoryPlatform()
    platform.fold(play("1", "a", EPOCH + RETENTION_MS, "p"))
    platform.fold(play("2", "b", EPOCH, "p"))
    late = platform.metric("marquee_nearline_late_deltas_total", counter=TRENDING)
    assert late == len({"*", "US"})
    assert platform.totals().long.keys() == {"a"}


def spec_of(buckets: int) -> CounterSpec:
    return CounterSpec("opens", SIGNALS, bucket_ms=1_000, retention_ms=buckets * 1_000)


def delta(time_ms: int, amount: float = 1.0) -> CounterDelta:
    return CounterDelta("opens", "*", TitleId("a"), time_ms, amount)


def test_rows_are_used_again_so_that_a_tally_has_a_bounded_number_of_rows() -> None:
    platform = MemoryPlatform()
    tally = read_tally(platform.store, spec_of(10), Partition(SIGNALS, 0))
    for number in range(1, 200):
        tally.apply(LogPosition(1, number), delta(number * 1_000))
        write = tally.write(LogPosition(1, number + 1))
        assert write is not None
        platform.store.write([write])
    assert len(platform.store.read(TALLIES, ("opens", 0))) == 10 + 64
    reread = read_tally(platform.store, spec_of(10), Partition(SIGNALS, 0))
    assert set(reread.buckets) == set(tally.buckets) == set(range(190, 200))
    assert reread.position == LogPosition(1, 200)


def test_a_delta_of_a_record_that_the_tally_includes_is_skipped() -> None:
    tally = PartitionTally(spec_of(10), Partition(SIGNALS, 0), LogPosition(1, 10), {})
    tally.apply(LogPosition(1, 9), delta(1_000))
    assert tally.buckets == {}
    tally.apply(LogPosition(1, 10), delta(1_000))
    assert tally.buckets == {1: {"*": {"a": 1.0}}}


def test_a_negative_delta_takes_an_earlier_one_back() -> None:
    tally = PartitionTally(spec_of(10), Partition(SIGNALS, 0), LogPosition(1, 0), {})
    tally.apply(LogPosition(1, 0), delta(1_000))
    tally.apply(LogPosition(1, 1), delta(1_000, -1.0))
    assert tally.buckets == {1: {"*": {}}}
