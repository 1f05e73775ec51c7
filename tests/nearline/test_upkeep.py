"""What people run by hand: accepting another log, accepting a gap, looking at what is held."""

import pytest

from nearline.upkeep.inspection import read_profile
from nearline.upkeep.rebuild import accept_gap, accept_incarnations
from shared.errors import SetupError
from shared.events.exposures import Impression
from shared.events.feedback import Thumb
from shared.ids import PageId
from shared.log.partitioning import partition_of
from shared.log.port import Partition
from shared.topics import EXPOSURES, SIGNALS
from tests.nearline.events import T0, Said, title
from tests.nearline.platform import PARTITIONS, Place

TOPICS = (SIGNALS, EXPOSURES)


def thumb(event_id: str, name: str, value: int = 1, at_ms: int = T0) -> Said:
    return Said(event_id, Thumb(title_id=title(name), value=value), at_ms)  # type: ignore[arg-type]


def test_a_log_created_again_is_folded_from_its_start_on_top_of_what_was_kept() -> None:
    place = Place()
    place.fold(*(thumb(f"{index}", "a", at_ms=T0 + index) for index in range(9)), thumb("x", "b"))
    place.log.recreate(SIGNALS)
    (accepted,) = accept_incarnations(place.log, place.store, TOPICS)
    assert (accepted.topic, accepted.number) == (SIGNALS, 2)
    place.fold(thumb("new", "b", value=-1, at_ms=T0 + 99))
    assert place.digest().thumbs == {"b": -1, "a": 1}
    assert place.digest().position.incarnation == 2
    assert place.digest().position.next_offset == 1


def test_there_is_nothing_to_accept_while_the_log_is_the_one_that_was_folded() -> None:
    place = Place()
    place.fold(thumb("1", "a"))
    assert accept_incarnations(place.log, place.store, TOPICS) == []


def test_an_accepted_gap_is_counted_and_folding_goes_on_after_it() -> None:
    place = Place()
    place.fold(thumb("1", "a"))
    place.say([thumb("2", "b"), thumb("3", "c"), thumb("4", "d")])
    partition = Partition(SIGNALS, partition_of(b"p", PARTITIONS))
    place.log.trim(partition, 3)
    assert accept_gap(place.log, place.store, "nearline", TOPICS) == {partition: 2}
    place.fold()
    assert place.digest().thumbs.keys() == {"a", "d"}


def test_a_gap_is_not_accepted_under_a_running_worker() -> None:
    place = Place()
    worker = place.worker()
    place.drain(worker)
    with pytest.raises(SetupError, match="stop every"):
        accept_gap(place.log, place.store, "nearline", TOPICS, poll_s=0)
    worker.close()


def test_what_is_held_can_be_seen_with_its_positions() -> None:
    place = Place()
    place.fold(
        thumb("1", "a"),
        Said("2", Impression(page_id=PageId("g"), title_id=title("a"), row=1, column=1)),
    )
    found = read_profile(place.store, "p")
    assert found.digest is not None
    assert found.digest.thumbs == {"a": 1}
    assert found.exposures is not None
    assert found.exposures.seen == {"a": 1}
    assert {table: fold.events for table, fold in found.folds.items()} == {
        "profile_state": 1,
        "profile_exposures": 1,
    }


def test_nothing_is_held_for_a_profile_never_heard_of() -> None:
    found = read_profile(Place().store, "nobody")
    assert found.digest is None
    assert found.folds == {}
