"""Tasks of operators: accept another log, accept a gap, read a stored profile."""

import pytest

from nearline.upkeep.inspection import read_profile
from nearline.upkeep.rebuild import accept_gap, accept_incarnations
from shared.errors import SetupError
from shared.events.exposures import Impression
from shared.ids import PageId
from shared.log.partitioning import partition_of
from shared.log.port import Partition
from shared.topics import EXPOSURES, SIGNALS
from tests.nearline.events import T0, SampleEvent, thumb, title
from tests.nearline.platform import PARTITIONS, MemoryPlatform

TOPICS = (SIGNALS, EXPOSURES)


def test_a_log_created_again_is_folded_from_its_start_into_the_stored_state() -> None:
    platform = MemoryPlatform()
    platform.fold(
        *(thumb(f"{index}", "a", at_ms=T0 + index) for index in range(9)), thumb("x", "b")
    )
    platform.log.recreate(SIGNALS)
    (accepted,) = accept_incarnations(platform.log, platform.store, TOPICS)
    assert (accepted.topic, accepted.number) == (SIGNALS, 2)
    platform.fold(thumb("new", "b", value=-1, at_ms=T0 + 99))
    assert platform.digest().thumbs == {"b": -1, "a": 1}
    assert platform.digest().position.incarnation == 2
    assert platform.digest().position.next_offset == 1


def test_the_log_that_was_folded_needs_no_acceptance() -> None:
    platform = MemoryPlatform()
    platform.fold(thumb("1", "a"))
    assert accept_incarnations(platform.log, platform.store, TOPICS) == []


def test_an_accepted_gap_is_counted_and_later_records_are_folded() -> None:
    platform = MemoryPlatform()
    platform.fold(thumb("1", "a"))
    platform.produce([thumb("2", "b"), thumb("3", "c"), thumb("4", "d")])
    partition = Partition(SIGNALS, partition_of(b"p", PARTITIONS))
    platform.log.trim(partition, 3)
    assert accept_gap(platform.log, platform.store, "nearline", TOPICS) == {partition: 2}
    platform.fold()
    assert platform.digest().thumbs.keys() == {"a", "d"}


def test_a_gap_is_not_accepted_while_a_worker_runs() -> None:
    platform = MemoryPlatform()
    worker = platform.worker()
    platform.drain(worker)
    with pytest.raises(SetupError, match="stop every"):
        accept_gap(platform.log, platform.store, "nearline", TOPICS, poll_s=0)
    worker.close()


def test_a_stored_profile_has_its_digests_and_positions() -> None:
    platform = MemoryPlatform()
    platform.fold(
        thumb("1", "a"),
        SampleEvent("2", Impression(page_id=PageId("g"), title_id=title("a"), row=1, column=1)),
    )
    stored = read_profile(platform.store, "p")
    assert stored.digest is not None
    assert stored.digest.thumbs == {"a": 1}
    assert stored.exposures is not None
    assert stored.exposures.seen == {"a": 1}
    assert {table: fold.events for table, fold in stored.folds.items()} == {
        "profile_state": 1,
        "profile_exposures": 1,
    }


def test_a_profile_without_events_has_no_stored_state() -> None:
    stored = read_profile(MemoryPlatform().store, "unknown")
    assert stored.digest is None
    assert stored.folds == {}
