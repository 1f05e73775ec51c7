from collections.abc import Iterator
from contextlib import contextmanager

import pytest

from shared.clock import ManualClock
from shared.errors import Fenced
from shared.log.memory import MemoryLog
from shared.log.port import Log, OutgoingRecord, Partition, TopicSpec
from tests.contracts.log_contract import LogContract, Member
from tests.contracts.waiting import until


def memory(log: Log) -> MemoryLog:
    assert isinstance(log, MemoryLog)
    return log


class TestMemoryLog(LogContract):
    @contextmanager
    def open_log(self) -> Iterator[MemoryLog]:
        yield MemoryLog(ManualClock())

    def trim(self, log: Log, partition: Partition, start: int) -> None:
        memory(log).trim(partition, start)

    def recreate(self, log: Log, spec: TopicSpec) -> None:
        memory(log).recreate(spec.topic)


def test_a_member_that_has_not_polled_since_another_joined_is_fenced() -> None:
    log = MemoryLog(ManualClock())
    log.ensure_topics([TopicSpec("plays", 2, None)])
    zombie = Member(log, "workers", ["plays"])
    until(lambda: len(zombie.consumer.assignment()) == 2, zombie.poll)
    Member(log, "workers", ["plays"])
    with pytest.raises(Fenced):
        zombie.consumer.commit({Partition("plays", 1): 0})
    zombie.consumer.commit({Partition("plays", 0): 0})


def test_compaction_keeps_the_last_record_of_each_key_at_its_offset() -> None:
    log = MemoryLog(ManualClock())
    log.ensure_topics([TopicSpec("catalog", 1, None, compacted=True)])
    for key, value in ((b"a", b"1"), (b"b", b"2"), (b"a", b"3")):
        log.append(OutgoingRecord("catalog", key, value))
    log.compact("catalog")
    partition = Partition("catalog", 0)
    assert [(record.offset, record.value) for record in log.read(partition, 0, 3)] == [
        (1, b"2"),
        (2, b"3"),
    ]
    assert [record.offset for record in log.read(partition, 0, 2)] == [1]


def test_records_have_their_append_time() -> None:
    clock = ManualClock()
    log = MemoryLog(clock)
    log.ensure_topics([TopicSpec("plays", 1, None)])
    first = clock.now_ms()
    log.append(OutgoingRecord("plays", b"k", b"1"))
    clock.advance_ms(250)
    log.append(OutgoingRecord("plays", b"k", b"2"))
    assert [record.append_time_ms for record in log.read(Partition("plays", 0), 0, 2)] == [
        first,
        first + 250,
    ]
