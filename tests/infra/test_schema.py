"""The recorded incarnation of a topic."""

from infra.schema import record_incarnations
from shared.clock import ManualClock
from shared.log.memory import MemoryLog
from shared.log.topics import topic_specs
from shared.store.memory import MemoryStore
from shared.store.port import Cells
from shared.store.tables import INCARNATIONS
from shared.topics import SIGNALS

TOPICS = [spec.topic for spec in topic_specs(2)]


def memory() -> tuple[MemoryLog, MemoryStore]:
    clock = ManualClock(0)
    log, store = MemoryLog(clock), MemoryStore(clock)
    log.ensure_topics(topic_specs(2))
    store.migrate([INCARNATIONS])
    return log, store


def test_the_first_incarnation_is_number_one() -> None:
    log, store = memory()
    assert record_incarnations(log, store, TOPICS) == []
    for topic in TOPICS:
        assert store.read(INCARNATIONS, (topic,)) == {
            (): {"incarnation": log.topic(topic).incarnation, "number": 1}
        }


def test_recording_again_changes_nothing() -> None:
    log, store = memory()
    record_incarnations(log, store, TOPICS)
    recorded = [store.read(INCARNATIONS, (topic,)) for topic in TOPICS]
    assert record_incarnations(log, store, TOPICS) == []
    assert [store.read(INCARNATIONS, (topic,)) for topic in TOPICS] == recorded


def test_a_replaced_topic_is_reported_and_its_record_does_not_change() -> None:
    log, store = memory()
    record_incarnations(log, store, TOPICS)
    recorded = store.read(INCARNATIONS, (SIGNALS,))
    wiped = MemoryLog(ManualClock(0))
    wiped.ensure_topics(topic_specs(2))
    assert record_incarnations(wiped, store, TOPICS) == TOPICS
    assert store.read(INCARNATIONS, (SIGNALS,)) == recorded


def test_a_number_raised_by_a_rebuild_does_not_change() -> None:
    log, store = memory()
    raised: Cells = {"incarnation": log.topic(SIGNALS).incarnation, "number": 4}
    assert store.compare_and_set(INCARNATIONS, (SIGNALS,), None, raised)
    assert record_incarnations(log, store, [SIGNALS]) == []
    assert store.read(INCARNATIONS, (SIGNALS,)) == {(): raised}
