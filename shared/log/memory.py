"""A log in memory with groups, commits, gaps and incarnations, for tests and simulation."""

import threading
import time
import uuid
from bisect import bisect_left
from collections.abc import Iterable, Iterator, Mapping, Sequence
from concurrent.futures import Future
from dataclasses import dataclass, field

from shared.clock import Clock
from shared.errors import Fenced, LogGap, RequestRejected, SchemaMismatch
from shared.log.partitioning import partition_of
from shared.log.port import (
    OutgoingRecord,
    Partition,
    RebalanceCallback,
    Record,
    TopicInfo,
    TopicSpec,
)


@dataclass
class _PartitionLog:
    """The records of one partition; `start` moves when old records are deleted."""

    records: list[Record] = field(default_factory=list)
    start: int = 0
    end: int = 0

    def between(self, start: int, end: int, limit: int) -> list[Record]:
        """At most `limit` records with start ≤ offset < end."""
        first = _index_of(self.records, start)
        return self.records[first : min(first + limit, _index_of(self.records, end))]


def _index_of(records: Sequence[Record], offset: int) -> int:
    """The index of the first record from `offset` on; compaction leaves gaps in the offsets."""
    return bisect_left(records, offset, key=lambda record: record.offset)


@dataclass
class _Topic:
    spec: TopicSpec
    incarnation: str
    partitions: list[_PartitionLog]


@dataclass
class _Group:
    """A consumer group; `generation` counts the changes of its membership."""

    members: "list[MemoryConsumer]" = field(default_factory=list)
    committed: dict[Partition, int] = field(default_factory=dict)
    owners: "dict[Partition, MemoryConsumer]" = field(default_factory=dict)
    generation: int = 0

    def assign(self, partitions: Mapping[str, int]) -> None:
        """Assign each member a contiguous range of each topic, as Kafka's range assignor does."""
        self.generation += 1
        self.owners = {}
        for topic, count in partitions.items():
            members = [member for member in self.members if topic in member.topics]
            for index in range(count):
                if members:
                    self.owners[Partition(topic, index)] = members[index * len(members) // count]


class MemoryLog:
    """A log of one process; see `shared.log.port.Log`.

    A change of membership takes effect at once, not when the members poll. Brokers may behave like
    this, and it is the harder case for a consumer.
    """

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self.changed = threading.Condition(threading.RLock())
        self._topics: dict[str, _Topic] = {}
        self._groups: dict[str, _Group] = {}

    def topic(self, topic: str) -> TopicInfo:
        with self.changed:
            state = self._topic(topic)
            return TopicInfo(topic, state.incarnation, len(state.partitions))

    def ensure_topics(self, specs: Iterable[TopicSpec], *, alter: bool = False) -> list[str]:
        created = []
        with self.changed:
            for spec in specs:
                topic = self._topics.get(spec.topic)
                if topic is None:
                    self._topics[spec.topic] = _new_topic(spec)
                    created.append(spec.topic)
                else:
                    _require_spec(topic.spec, spec, alter=alter)
                    topic.spec = spec
        return created

    def start_offset(self, partition: Partition) -> int:
        with self.changed:
            return self._partition_log(partition).start

    def end_offset(self, partition: Partition) -> int:
        with self.changed:
            return self._partition_log(partition).end

    def read(self, partition: Partition, start: int, end: int) -> Iterator[Record]:
        with self.changed:
            log = self._partition_log(partition)
            where = f"{partition.topic}/{partition.index}"
            if max(start, end) > log.end:
                raise LogGap(f"{where} ends at {log.end}, before {max(start, end)}", 0)
            if start < log.start and not self._topic(partition.topic).spec.compacted:
                lost = log.start - start
                raise LogGap(f"{where} begins at {log.start}, {lost} records after {start}", lost)
            yield from log.between(start, end, max(0, end - start))

    def producer(self) -> "MemoryProducer":
        return MemoryProducer(self)

    def consumer(
        self,
        group: str,
        topics: Sequence[str],
        on_assigned: RebalanceCallback,
        on_revoked: RebalanceCallback,
    ) -> "MemoryConsumer":
        with self.changed:
            for topic in topics:
                self._topic(topic)
            membership = self._groups.setdefault(group, _Group())
            consumer = MemoryConsumer(self, membership, tuple(topics), on_assigned, on_revoked)
            membership.members.append(consumer)
            self.assign(membership)
            return consumer

    def close(self) -> None:
        """Do nothing; the records stay readable."""

    def next_records(self, partition: Partition, position: int | None, limit: int) -> list[Record]:
        """The records at a working position.

        Raises:
            LogGap: there is no position, or it is outside the log; a broker with
                `auto.offset.reset=none` fails in these cases too.
        """
        log = self._partition_log(partition)
        where = f"{partition.topic}/{partition.index}"
        if position is None:
            raise LogGap(f"no committed position for {where}, and no seek", 0)
        if not log.start <= position <= log.end:
            raise LogGap(
                f"{where} has records {log.start} to {log.end}, the position is {position}",
                max(0, log.start - position),
            )
        return log.between(position, log.end, limit)

    def trim(self, partition: Partition, start: int) -> None:
        """Delete the records before `start`, as retention does."""
        with self.changed:
            log = self._partition_log(partition)
            log.start = max(log.start, min(start, log.end))
            del log.records[: _index_of(log.records, log.start)]

    def truncate(self, partition: Partition, end: int) -> None:
        """Delete the records from `end` on, as when a broker has lost data."""
        with self.changed:
            log = self._partition_log(partition)
            del log.records[_index_of(log.records, end) :]
            log.end = min(log.end, end)

    def compact(self, topic: str) -> None:
        """Delete all but the last record of each key, as the log cleaner does; tombstones stay."""
        with self.changed:
            for log in self._topic(topic).partitions:
                last = {record.key: record.offset for record in log.records}
                log.records = [
                    record for record in log.records if last[record.key] == record.offset
                ]

    def recreate(self, topic: str) -> None:
        """Delete a topic and create it again, empty, with a new incarnation id.

        Committed positions remain, as in Kafka.
        """
        with self.changed:
            self._topics[topic] = _new_topic(self._topic(topic).spec)

    def assign(self, group: _Group) -> None:
        """Reassign a group's partitions after a change of membership."""
        with self.changed:
            topics = {topic for member in group.members for topic in member.topics}
            group.assign({topic: len(self._topic(topic).partitions) for topic in sorted(topics)})
            self.changed.notify_all()

    def append(self, record: OutgoingRecord) -> tuple[Partition, int]:
        """Append a record and return its partition and offset."""
        with self.changed:
            topic = self._topic(record.topic)
            index = _choose(record, topic.spec)
            partition, log = Partition(record.topic, index), topic.partitions[index]
            offset = log.end
            log.records.append(
                Record(
                    partition,
                    offset,
                    record.key,
                    record.value,
                    self._clock.now_ms(),
                    tuple(record.headers),
                )
            )
            log.end += 1
            self.changed.notify_all()
            return partition, offset

    def _topic(self, topic: str) -> _Topic:
        state = self._topics.get(topic)
        if state is None:
            raise SchemaMismatch(f"there is no topic {topic!r}")
        return state

    def _partition_log(self, partition: Partition) -> _PartitionLog:
        partitions = self._topic(partition.topic).partitions
        if partition.index >= len(partitions):
            raise SchemaMismatch(
                f"topic {partition.topic!r} has {len(partitions)} partitions, not {partition.index}"
            )
        return partitions[partition.index]


def _new_topic(spec: TopicSpec) -> _Topic:
    return _Topic(spec, str(uuid.uuid4()), [_PartitionLog() for _ in range(spec.partitions)])


def _require_spec(actual: TopicSpec, expected: TopicSpec, *, alter: bool) -> None:
    """Refuse a topic that a broker would not accept as `expected`, or could not alter to it."""
    if actual.partitions != expected.partitions:
        raise SchemaMismatch(
            f"topic {actual.topic!r} has {actual.partitions} partitions, "
            f"expected {expected.partitions}; the count is fixed for the life of a topic"
        )
    if actual != expected and not alter:
        raise SchemaMismatch(f"topic {actual.topic!r} is {actual}, expected {expected}")


def _choose(record: OutgoingRecord, spec: TopicSpec) -> int:
    if record.key is None and (record.value is None or spec.compacted):
        raise RequestRejected(f"a record for topic {record.topic!r} needs a key")
    if record.partition is None:
        return 0 if record.key is None else partition_of(record.key, spec.partitions)
    if not 0 <= record.partition < spec.partitions:
        raise RequestRejected(f"topic {record.topic!r} has no partition {record.partition}")
    return record.partition


class MemoryProducer:
    """Appends and acknowledges each record at once."""

    def __init__(self, log: MemoryLog) -> None:
        self._log = log
        self._closed = False

    def send(self, record: OutgoingRecord) -> "Future[tuple[Partition, int]]":
        if self._closed:
            raise RequestRejected("the producer is closed")
        future: Future[tuple[Partition, int]] = Future()
        try:
            future.set_result(self._log.append(record))
        except (RequestRejected, SchemaMismatch) as error:
            future.set_exception(RequestRejected(str(error)))
        return future

    def flush(self, timeout_s: float) -> None:
        """Do nothing; every record is acknowledged already."""

    def close(self) -> None:
        self._closed = True


class MemoryConsumer:
    """A member of a consumer group; see `shared.log.port.Consumer`."""

    def __init__(
        self,
        log: MemoryLog,
        group: _Group,
        topics: tuple[str, ...],
        on_assigned: RebalanceCallback,
        on_revoked: RebalanceCallback,
    ) -> None:
        self.topics = topics
        self._log = log
        self._group = group
        self._on_assigned = on_assigned
        self._on_revoked = on_revoked
        self._generation = 0
        self._owned: frozenset[Partition] = frozenset()
        self._positions: dict[Partition, int] = {}
        self._closed = False

    def poll(self, timeout_s: float, max_records: int) -> Mapping[Partition, Sequence[Record]]:
        deadline = time.monotonic() + timeout_s
        while True:
            self._follow_group()
            with self._log.changed:
                if self._generation == self._group.generation:
                    batch = self._take(max_records)
                    remaining_s = deadline - time.monotonic()
                    if batch or remaining_s <= 0:
                        return batch
                    self._log.changed.wait(remaining_s)

    def assignment(self) -> frozenset[Partition]:
        return self._owned

    def seek(self, partition: Partition, next_offset: int) -> None:
        self._require_owned([partition])
        self._positions[partition] = next_offset

    def committed(self, partition: Partition) -> int | None:
        with self._log.changed:
            return self._group.committed.get(partition)

    def commit(self, next_offsets: Mapping[Partition, int]) -> None:
        with self._log.changed:
            self._require_owned(next_offsets)
            self._group.committed.update(next_offsets)

    def close(self) -> None:
        with self._log.changed:
            if self._closed:
                return
            self._closed = True
            self._owned = frozenset()
            self._group.members.remove(self)
            self._log.assign(self._group)

    def _follow_group(self) -> None:
        """Apply the group's last assignment; the callbacks run without the lock of the log."""
        with self._log.changed:
            if self._closed:
                raise RequestRejected("the consumer is closed")
            if self._generation == self._group.generation:
                return
            self._generation = self._group.generation
            revoked, self._owned = self._owned, frozenset()
            owned = frozenset(
                partition for partition, owner in self._group.owners.items() if owner is self
            )
            self._positions = {
                partition: self._group.committed[partition]
                for partition in owned
                if partition in self._group.committed
            }
        if revoked:
            self._on_revoked(revoked)
        self._owned = owned
        if owned:
            self._on_assigned(owned)

    def _take(self, max_records: int) -> dict[Partition, list[Record]]:
        batch: dict[Partition, list[Record]] = {}
        for partition in sorted(self._owned, key=lambda owned: self._positions.get(owned, 0)):
            records = self._log.next_records(partition, self._positions.get(partition), max_records)
            if records:
                batch[partition] = records
                self._positions[partition] = records[-1].offset + 1
                max_records -= len(records)
            if max_records <= 0:
                break
        return batch

    def _require_owned(self, partitions: Iterable[Partition]) -> None:
        not_owned = [
            partition
            for partition in partitions
            if partition not in self._owned or self._group.owners.get(partition) is not self
        ]
        if not_owned:
            raise Fenced(f"another member of the group owns {not_owned}")
