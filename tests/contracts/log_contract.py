"""What every adapter of the log must do; each adapter's test class subclasses this and says how to
open one.
"""

from abc import ABC, abstractmethod
from collections.abc import Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import AbstractContextManager, contextmanager
from dataclasses import replace
from typing import TYPE_CHECKING

import pytest

from shared.errors import Fenced, LogGap, RequestRejected, SchemaMismatch
from shared.log.partitioning import partition_of
from shared.log.port import Consumer, Log, OutgoingRecord, Partition, Producer, Record, TopicSpec
from tests.contracts.waiting import until

if TYPE_CHECKING:
    from collections.abc import Iterator

PLAYS = TopicSpec("plays", 4, 3_600_000)
SHELF = TopicSpec("shelf", 1, None, compacted=True)


class Member:
    """A consumer with a note of what the group told it; it seeks to the start where nothing is
    committed.
    """

    def __init__(self, log: Log, group: str, topics: Sequence[str], start: int | None = 0) -> None:
        self.told: list[tuple[str, frozenset[Partition]]] = []
        self.seen: list[Record] = []
        self._start = start
        self.consumer: Consumer = log.consumer(group, topics, self._assigned, self._revoked)

    def _assigned(self, partitions: frozenset[Partition]) -> None:
        self.told.append(("assigned", partitions))
        for partition in partitions:
            if self.consumer.committed(partition) is None and self._start is not None:
                self.consumer.seek(partition, self._start)

    def _revoked(self, partitions: frozenset[Partition]) -> None:
        self.told.append(("revoked", partitions))

    def poll(
        self, timeout_s: float = 0.2, max_records: int = 100
    ) -> Mapping[Partition, Sequence[Record]]:
        batch = self.consumer.poll(timeout_s, max_records)
        self.seen += [record for records in batch.values() for record in records]
        return batch

    def values(self) -> set[bytes | None]:
        return {record.value for record in self.seen}


def poll_together(*members: Member) -> None:
    """Poll all members at the same time, as separate processes do: a group cannot be divided while
    one of them is away.
    """
    with ThreadPoolExecutor(len(members)) as pool:
        list(pool.map(lambda member: member.poll(1.0), members))


class LogContract(ABC):
    """The log's promises, one test each."""

    @abstractmethod
    def open_log(self) -> AbstractContextManager[Log]:
        """A log of its own for one test, without topics."""

    @abstractmethod
    def trim(self, log: Log, partition: Partition, start: int) -> None:
        """Drop the records before `start`, as retention does."""

    @abstractmethod
    def recreate(self, log: Log, spec: TopicSpec) -> None:
        """Delete a topic and create it again."""

    @contextmanager
    def opened(self) -> "Iterator[tuple[Log, Producer]]":
        """A log with its topics, and a producer."""
        with self.open_log() as log:
            log.ensure_topics([PLAYS, SHELF])
            producer = log.producer()
            try:
                yield log, producer
            finally:
                producer.close()

    @contextmanager
    def member(self, log: Log, group: str = "workers", start: int | None = 0) -> "Iterator[Member]":
        member = Member(log, group, [PLAYS.topic], start)
        try:
            yield member
        finally:
            member.consumer.close()

    def test_topics_are_created_once_and_counted(self) -> None:
        with self.open_log() as log:
            assert log.ensure_topics([PLAYS, SHELF]) == ["plays", "shelf"]
            assert log.ensure_topics([PLAYS, SHELF]) == []
            assert (log.topic("plays").partitions, log.topic("shelf").partitions) == (4, 1)

    def test_a_topic_with_another_number_of_partitions_is_refused(self) -> None:
        with self.open_log() as log:
            log.ensure_topics([PLAYS])
            with pytest.raises(SchemaMismatch, match="4 partitions"):
                log.ensure_topics([TopicSpec("plays", 8, None)])

    def test_a_topic_with_another_retention_is_refused_until_it_is_altered(self) -> None:
        shorter = replace(PLAYS, retention_ms=1_800_000)
        with self.open_log() as log:
            log.ensure_topics([PLAYS])
            with pytest.raises(SchemaMismatch, match="1800000"):
                log.ensure_topics([shorter])
            assert log.ensure_topics([shorter], alter=True) == []
            assert log.ensure_topics([shorter]) == []

    def test_a_topic_that_nobody_created_does_not_exist(self) -> None:
        with self.open_log() as log, pytest.raises(SchemaMismatch, match="ghosts"):
            log.topic("ghosts")

    def test_a_topic_keeps_its_incarnation_until_it_is_created_again(self) -> None:
        with self.opened() as (log, _):
            before = log.topic("plays").incarnation
            assert log.topic("plays").incarnation == before
            self.recreate(log, PLAYS)
            assert log.topic("plays").incarnation != before

    def test_a_record_goes_to_the_partition_of_its_key(self) -> None:
        with self.opened() as (_, producer):
            for key in (b"p-1", b"p-2", b"p-3", "Zoë".encode()):
                partition, _offset = producer.send(OutgoingRecord("plays", key, b"v")).result(10)
                assert partition == Partition("plays", partition_of(key, 4))

    def test_a_partition_named_by_the_writer_is_kept(self) -> None:
        with self.opened() as (_, producer):
            partition, _offset = producer.send(
                OutgoingRecord("plays", b"p-1", b"v", partition=3)
            ).result(10)
            assert partition == Partition("plays", 3)

    def test_records_are_read_as_they_were_sent(self) -> None:
        with self.opened() as (log, producer):
            headers = (("origin", b"plays/3@7"), ("attempt", b"1"))
            producer.send(OutgoingRecord("shelf", b"t-1", b"title", headers)).result(10)
            producer.send(OutgoingRecord("shelf", b"t-1", None)).result(10)
            shelf = Partition("shelf", 0)
            first, tombstone = log.read(shelf, 0, log.end_offset(shelf))
            assert (first.partition, first.offset, first.key, first.value, first.headers) == (
                shelf,
                0,
                b"t-1",
                b"title",
                headers,
            )
            assert (tombstone.offset, tombstone.key, tombstone.value) == (1, b"t-1", None)
            assert 0 < first.append_time_ms <= tombstone.append_time_ms

    def test_a_record_needs_no_key_unless_its_topic_is_compacted(self) -> None:
        with self.opened() as (log, producer):
            partition, offset = producer.send(OutgoingRecord("plays", None, b"no key")).result(10)
            (record,) = log.read(partition, offset, offset + 1)
            assert (record.key, record.value, record.headers) == (None, b"no key", ())
            with pytest.raises(RequestRejected):
                producer.send(OutgoingRecord("shelf", None, b"no key")).result(10)

    def test_records_of_one_partition_stand_in_the_order_of_the_sends(self) -> None:
        with self.opened() as (log, producer):
            sent = [str(number).encode() for number in range(500)]
            futures = [producer.send(OutgoingRecord("shelf", b"k", value)) for value in sent]
            producer.flush(30)
            assert [future.result(0)[1] for future in futures] == list(range(500))
            assert [record.value for record in log.read(Partition("shelf", 0), 0, 500)] == sent

    def test_reading_ends_where_it_was_told_to(self) -> None:
        with self.opened() as (log, producer):
            for number in range(10):
                producer.send(OutgoingRecord("shelf", b"k", str(number).encode())).result(10)
            shelf = Partition("shelf", 0)
            assert [record.offset for record in log.read(shelf, 3, 6)] == [3, 4, 5]
            assert list(log.read(shelf, 6, 6)) == []
            assert (log.start_offset(shelf), log.end_offset(shelf)) == (0, 10)

    def test_reading_what_is_not_yet_written_is_a_gap(self) -> None:
        with self.opened() as (log, producer):
            producer.send(OutgoingRecord("shelf", b"k", b"v")).result(10)
            with pytest.raises(LogGap):
                list(log.read(Partition("shelf", 0), 0, 2))

    def test_reading_what_retention_has_dropped_says_how_much_is_lost(self) -> None:
        with self.opened() as (log, producer):
            partition = Partition("plays", 1)
            for number in range(10):
                producer.send(
                    OutgoingRecord("plays", b"k", str(number).encode(), partition=1)
                ).result(10)
            self.trim(log, partition, 4)
            assert (log.start_offset(partition), log.end_offset(partition)) == (4, 10)
            with pytest.raises(LogGap) as gap:
                list(log.read(partition, 1, 10))
            assert gap.value.lost == 3
            assert [record.offset for record in log.read(partition, 4, 6)] == [4, 5]

    def test_a_record_without_key_and_value_is_refused(self) -> None:
        with self.opened() as (_, producer), pytest.raises(RequestRejected):
            producer.send(OutgoingRecord("plays", None, None)).result(10)

    def test_a_partition_that_does_not_exist_is_refused(self) -> None:
        with self.opened() as (_, producer), pytest.raises(RequestRejected):
            producer.send(OutgoingRecord("plays", b"k", b"v", partition=4)).result(10)

    def test_closing_twice_is_harmless(self) -> None:
        with self.opened() as (log, producer):
            member = Member(log, "workers", ["plays"])
            for _ in range(2):
                member.consumer.close()
                producer.close()
            log.close()
            log.close()

    def test_a_closed_producer_refuses_records(self) -> None:
        with self.opened() as (_, producer):
            producer.close()
            with pytest.raises(RequestRejected):
                producer.send(OutgoingRecord("plays", b"k", b"v"))

    def test_a_partition_without_position_is_a_gap_and_not_a_guess(self) -> None:
        with (
            self.opened() as (log, _),
            self.member(log, start=None) as member,
            pytest.raises(LogGap),
        ):
            until(lambda: False, member.poll)

    def test_a_member_reads_from_where_its_assignment_sought(self) -> None:
        with self.opened() as (log, producer):
            for number in range(5):
                producer.send(
                    OutgoingRecord("plays", b"k", str(number).encode(), partition=0)
                ).result(10)
                for other in (1, 2, 3):
                    producer.send(OutgoingRecord("plays", b"k", b"-", partition=other)).result(10)
            with self.member(log, start=3) as member:
                until(lambda: len(member.seen) >= 8, member.poll)
                assert member.told == [
                    ("assigned", frozenset(Partition("plays", index) for index in range(4)))
                ]
                assert [record.offset for record in member.seen if record.partition.index == 0] == [
                    3,
                    4,
                ]

    def test_a_poll_gives_no_more_than_asked_for_and_loses_nothing(self) -> None:
        with self.opened() as (log, producer):
            for number in range(30):
                producer.send(
                    OutgoingRecord("plays", str(number).encode(), str(number).encode())
                ).result(10)
            with self.member(log) as member:
                sizes: list[int] = []
                until(
                    lambda: len(member.seen) == 30,
                    lambda: sizes.append(sum(map(len, member.poll(max_records=7).values()))),
                )
                assert max(sizes) <= 7
                for index in range(4):
                    offsets = [
                        record.offset for record in member.seen if record.partition.index == index
                    ]
                    assert offsets == list(range(len(offsets)))

    def test_what_was_committed_is_not_read_again_and_what_was_not_is(self) -> None:
        partition = Partition("plays", 2)
        with self.opened() as (log, producer):
            for value in (b"a", b"b", b"c"):
                producer.send(OutgoingRecord("plays", b"k", value, partition=2)).result(10)
            with self.member(log) as first:
                until(lambda: len(first.seen) == 3, first.poll)
                first.consumer.commit({partition: 2})
                assert first.consumer.committed(partition) == 2
            with self.member(log) as second:
                until(lambda: bool(second.seen), second.poll)
                assert [record.value for record in second.seen] == [b"c"]

    def test_groups_do_not_share_positions(self) -> None:
        with self.opened() as (log, producer):
            producer.send(OutgoingRecord("plays", b"k", b"v", partition=0)).result(10)
            with self.member(log, "workers") as worker, self.member(log, "auditors") as auditor:
                until(lambda: bool(worker.seen), worker.poll)
                worker.consumer.commit({Partition("plays", 0): 1})
                until(lambda: bool(auditor.seen), auditor.poll)
                assert auditor.consumer.committed(Partition("plays", 0)) is None

    def test_two_members_share_the_partitions_and_the_first_is_told(self) -> None:
        with self.opened() as (log, _), self.member(log) as first:
            until(lambda: len(first.consumer.assignment()) == 4, first.poll)
            with self.member(log) as second:
                until(
                    lambda: (
                        len(first.consumer.assignment()) == len(second.consumer.assignment()) == 2
                    ),
                    lambda: poll_together(first, second),
                )
                assert not first.consumer.assignment() & second.consumer.assignment()
                assert (
                    "revoked",
                    frozenset(Partition("plays", index) for index in range(4)),
                ) in first.told
                lost = next(iter(second.consumer.assignment()))
                with pytest.raises(Fenced):
                    first.consumer.commit({lost: 0})
                with pytest.raises(Fenced):
                    first.consumer.seek(lost, 0)
                kept = next(iter(first.consumer.assignment()))
                first.consumer.commit({kept: 0})

    def test_the_survivor_takes_over_when_a_member_leaves(self) -> None:
        with self.opened() as (log, producer), self.member(log) as first:
            with self.member(log) as second:
                until(
                    lambda: (
                        len(first.consumer.assignment()) == len(second.consumer.assignment()) == 2
                    ),
                    lambda: poll_together(first, second),
                )
            for index in range(4):
                producer.send(
                    OutgoingRecord("plays", b"k", str(index).encode(), partition=index)
                ).result(10)
            until(lambda: first.values() >= {b"0", b"1", b"2", b"3"}, first.poll)

    def test_a_position_below_the_start_of_the_log_stops_the_member(self) -> None:
        partition = Partition("plays", 0)
        with self.opened() as (log, producer):
            for number in range(6):
                producer.send(
                    OutgoingRecord("plays", b"k", str(number).encode(), partition=0)
                ).result(10)
            with self.member(log) as member:
                until(lambda: len(member.seen) == 6, member.poll)
                self.trim(log, partition, 5)
                member.consumer.seek(partition, 2)
                with pytest.raises(LogGap) as gap:
                    until(lambda: False, member.poll)
                assert gap.value.lost == 3

    def test_a_position_beyond_the_end_of_the_log_stops_the_member(self) -> None:
        with self.opened() as (log, _), self.member(log) as member:
            until(lambda: len(member.consumer.assignment()) == 4, member.poll)
            member.consumer.seek(Partition("plays", 0), 7)
            with pytest.raises(LogGap):
                until(lambda: False, member.poll)

    def test_offsets_committed_in_an_earlier_incarnation_are_never_used(self) -> None:
        with self.opened() as (log, producer):
            for index in range(4):
                for value in (b"a", b"b"):
                    producer.send(OutgoingRecord("plays", b"k", value, partition=index)).result(10)
            with self.member(log) as member:
                until(lambda: len(member.seen) == 8, member.poll)
                member.consumer.commit({Partition("plays", index): 2 for index in range(4)})
            self.recreate(log, PLAYS)
            with self.member(log, start=None) as successor, pytest.raises(LogGap):
                until(lambda: False, successor.poll)
