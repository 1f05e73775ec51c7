"""The tests of the log port; the test class of each adapter subclasses LogContract."""

from abc import ABC, abstractmethod
from collections.abc import Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import AbstractContextManager, contextmanager
from dataclasses import replace

import pytest

from shared.errors import Fenced, LogGap, RequestRejected, SchemaMismatch
from shared.log.partitioning import partition_of
from shared.log.port import Consumer, Log, OutgoingRecord, Partition, Producer, Record, TopicSpec
from tests.contracts.waiting import until

PLAYS = TopicSpec("plays", 4, 3_600_000)
TITLES = TopicSpec("titles", 1, None, compacted=True)


class Member:
    """A consumer that records its rebalances and seeks to `start` without a committed position."""

    def __init__(self, log: Log, group: str, topics: Sequence[str], start: int | None = 0) -> None:
        self.rebalances: list[tuple[str, frozenset[Partition]]] = []
        self.seen: list[Record] = []
        self._start = start
        self.consumer: Consumer = log.consumer(group, topics, self._assigned, self._revoked)

    def _assigned(self, partitions: frozenset[Partition]) -> None:
        self.rebalances.append(("assigned", partitions))
        for partition in partitions:
            if self.consumer.committed(partition) is None and self._start is not None:
                self.consumer.seek(partition, self._start)

    def _revoked(self, partitions: frozenset[Partition]) -> None:
        self.rebalances.append(("revoked", partitions))

    def poll(
        self, timeout_s: float = 0.2, max_records: int = 100
    ) -> Mapping[Partition, Sequence[Record]]:
        batch = self.consumer.poll(timeout_s, max_records)
        self.seen += [record for records in batch.values() for record in records]
        return batch

    def values(self) -> set[bytes | None]:
        return {record.value for record in self.seen}


def poll_together(*members: Member) -> None:
    """Poll all members concurrently; a rebalance waits until every member polls."""
    with ThreadPoolExecutor(len(members)) as pool:
        list(pool.map(lambda member: member.poll(1.0), members))


class LogContract(ABC):
    """One test per guarantee of `shared.log.port`."""

    @abstractmethod
    def open_log(self) -> AbstractContextManager[Log]:
        """A new log without topics."""

    @abstractmethod
    def trim(self, log: Log, partition: Partition, start: int) -> None:
        """Delete the records before `start`, as retention does."""

    @abstractmethod
    def recreate(self, log: Log, spec: TopicSpec) -> None:
        """Delete a topic and create it again."""

    @contextmanager
    def opened(self) -> Iterator[tuple[Log, Producer]]:
        """A log with its topics, and a producer."""
        with self.open_log() as log:
            log.ensure_topics([PLAYS, TITLES])
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

    def test_ensure_topics_creates_missing_topics_only(self) -> None:
        with self.open_log() as log:
            assert log.ensure_topics([PLAYS, TITLES]) == ["plays", "titles"]
            assert log.ensure_topics([PLAYS, TITLES]) == []
            assert (log.topic("plays").partitions, log.topic("titles").partitions) == (4, 1)

    def test_a_topic_with_another_number_of_partitions_is_rejected(self) -> None:
        with self.open_log() as log:
            log.ensure_topics([PLAYS])
            with pytest.raises(SchemaMismatch, match="4 partitions"):
                log.ensure_topics([TopicSpec("plays", 8, None)])

    def test_a_topic_with_another_retention_is_rejected_until_it_is_altered(self) -> None:
        shorter = replace(PLAYS, retention_ms=1_800_000)
        with self.open_log() as log:
            log.ensure_topics([PLAYS])
            with pytest.raises(SchemaMismatch, match="1800000"):
                log.ensure_topics([shorter])
            assert log.ensure_topics([shorter], alter=True) == []
            assert log.ensure_topics([shorter]) == []

    def test_topics_are_not_created_implicitly(self) -> None:
        with self.open_log() as log, pytest.raises(SchemaMismatch, match="ghosts"):
            log.topic("ghosts")

    def test_a_topic_keeps_its_incarnation_until_it_is_created_again(self) -> None:
        with self.opened() as (log, _):
            incarnation = log.topic("plays").incarnation
            assert log.topic("plays").incarnation == incarnation
            self.recreate(log, PLAYS)
            assert log.topic("plays").incarnation != incarnation

    def test_a_record_goes_to_the_partition_of_its_key(self) -> None:
        with self.opened() as (_, producer):
            for key in (b"p-1", b"p-2", b"p-3", "Zoë".encode()):
                partition, _offset = producer.send(OutgoingRecord("plays", key, b"v")).result(10)
                assert partition == Partition("plays", partition_of(key, 4))

    def test_an_explicit_partition_is_used(self) -> None:
        with self.opened() as (_, producer):
            partition, _offset = producer.send(
                OutgoingRecord("plays", b"p-1", b"v", partition=3)
            ).result(10)
            assert partition == Partition("plays", 3)

    def test_records_are_read_with_all_their_fields(self) -> None:
        with self.opened() as (log, producer):
            headers = (("origin", b"plays/3@7"), ("attempt", b"1"))
            producer.send(OutgoingRecord("titles", b"t-1", b"title", headers)).result(10)
            producer.send(OutgoingRecord("titles", b"t-1", None)).result(10)
            titles = Partition("titles", 0)
            first, tombstone = log.read(titles, 0, log.end_offset(titles))
            assert (first.partition, first.offset, first.key, first.value, first.headers) == (
                titles,
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
                producer.send(OutgoingRecord("titles", None, b"no key")).result(10)

    def test_records_of_one_partition_have_the_order_of_the_sends(self) -> None:
        with self.opened() as (log, producer):
            sent = [str(number).encode() for number in range(500)]
            futures = [producer.send(OutgoingRecord("titles", b"k", value)) for value in sent]
            producer.flush(30)
            assert [future.result(0)[1] for future in futures] == list(range(500))
            assert [record.value for record in log.read(Partition("titles", 0), 0, 500)] == sent

    def test_read_returns_the_half_open_range(self) -> None:
        with self.opened() as (log, producer):
            for number in range(10):
                producer.send(OutgoingRecord("titles", b"k", str(number).encode())).result(10)
            titles = Partition("titles", 0)
            assert [record.offset for record in log.read(titles, 3, 6)] == [3, 4, 5]
            assert list(log.read(titles, 6, 6)) == []
            assert (log.start_offset(titles), log.end_offset(titles)) == (0, 10)

    def test_reading_beyond_the_end_is_a_gap(self) -> None:
        with self.opened() as (log, producer):
            producer.send(OutgoingRecord("titles", b"k", b"v")).result(10)
            with pytest.raises(LogGap):
                list(log.read(Partition("titles", 0), 0, 2))

    def test_reading_deleted_records_is_a_gap_with_their_number(self) -> None:
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

    def test_a_record_without_key_and_value_is_rejected(self) -> None:
        with self.opened() as (_, producer), pytest.raises(RequestRejected):
            producer.send(OutgoingRecord("plays", None, None)).result(10)

    def test_a_partition_that_does_not_exist_is_rejected(self) -> None:
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

    def test_a_closed_producer_rejects_records(self) -> None:
        with self.opened() as (_, producer):
            producer.close()
            with pytest.raises(RequestRejected):
                producer.send(OutgoingRecord("plays", b"k", b"v"))

    def test_a_partition_without_a_position_is_a_gap(self) -> None:
        with (
            self.opened() as (log, _),
            self.member(log, start=None) as member,
            pytest.raises(LogGap),
        ):
            until(lambda: False, member.poll)

    def test_a_member_reads_from_the_position_set_at_assignment(self) -> None:
        with self.opened() as (log, producer):
            for number in range(5):
                producer.send(
                    OutgoingRecord("plays", b"k", str(number).encode(), partition=0)
                ).result(10)
                for index in (1, 2, 3):
                    producer.send(OutgoingRecord("plays", b"k", b"-", partition=index)).result(10)
            with self.member(log, start=3) as member:
                until(lambda: len(member.seen) >= 8, member.poll)
                assert member.rebalances == [
                    ("assigned", frozenset(Partition("plays", index) for index in range(4)))
                ]
                assert [record.offset for record in member.seen if record.partition.index == 0] == [
                    3,
                    4,
                ]

    def test_a_poll_returns_at_most_max_records_and_loses_none(self) -> None:
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

    def test_a_new_member_reads_from_the_committed_position(self) -> None:
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

    def test_a_second_member_takes_half_of_the_partitions_from_the_first(self) -> None:
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
                ) in first.rebalances
                lost = next(iter(second.consumer.assignment()))
                with pytest.raises(Fenced):
                    first.consumer.commit({lost: 0})
                with pytest.raises(Fenced):
                    first.consumer.seek(lost, 0)
                owned = next(iter(first.consumer.assignment()))
                first.consumer.commit({owned: 0})

    def test_the_remaining_member_owns_all_partitions_after_another_leaves(self) -> None:
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

    def test_a_position_before_the_start_of_the_log_is_a_gap(self) -> None:
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

    def test_a_position_after_the_end_of_the_log_is_a_gap(self) -> None:
        with self.opened() as (log, _), self.member(log) as member:
            until(lambda: len(member.consumer.assignment()) == 4, member.poll)
            member.consumer.seek(Partition("plays", 0), 7)
            with pytest.raises(LogGap):
                until(lambda: False, member.poll)

    def test_positions_committed_in_an_earlier_incarnation_are_not_used(self) -> None:
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
