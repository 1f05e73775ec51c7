"""The log port: topics with partitions; the records of a partition have a fixed order.

An *offset* identifies one record of a partition; offsets grow, with gaps. A *next offset* is the
offset of the next record to read: after "committed 7" the records 0 to 6 have been processed. The
*incarnation id* of a topic changes when the topic is deleted and created again; offsets of
different incarnations cannot be compared. The broker sets the *append time* of a record; pure
functions use it as the current time. There is no order between records of different partitions.
"""

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from concurrent.futures import Future
from dataclasses import dataclass
from typing import Protocol


@dataclass(frozen=True, slots=True, order=True)
class Partition:
    """One ordered part of a topic."""

    topic: str
    index: int


@dataclass(frozen=True, slots=True)
class Record:
    """One record of the log; without a key, `key` is None. Without a value it is a tombstone."""

    partition: Partition
    offset: int
    key: bytes | None
    value: bytes | None
    append_time_ms: int
    headers: tuple[tuple[str, bytes], ...] = ()


@dataclass(frozen=True, slots=True)
class OutgoingRecord:
    """A record to write; without `partition`, the murmur2 hash of the key selects it."""

    topic: str
    key: bytes | None
    value: bytes | None
    headers: tuple[tuple[str, bytes], ...] = ()
    partition: int | None = None


@dataclass(frozen=True, slots=True)
class TopicInfo:
    """A topic's incarnation id and number of partitions."""

    topic: str
    incarnation: str
    partitions: int


@dataclass(frozen=True, slots=True)
class TopicSpec:
    """The required configuration of a topic; with `retention_ms` None records are never deleted."""

    topic: str
    partitions: int
    retention_ms: int | None
    compacted: bool = False


class Producer(Protocol):
    """Writes records; threads may share it.

    The records of a partition are appended in the order of the `send` calls, each exactly once
    (idempotent producer).
    """

    def send(self, record: OutgoingRecord) -> "Future[tuple[Partition, int]]":
        """Queue a record without blocking.

        The future returns its partition and offset once all in-sync replicas have it. It fails with
        LogUnavailable (the record may have been written: send it again with the same event id) or
        RequestRejected.

        Raises:
            Backpressure: the buffer of the producer is full.
        """
        ...

    def flush(self, timeout_s: float) -> None:
        """Wait until every queued record is acknowledged or has failed.

        Raises:
            LogUnavailable: some are not after `timeout_s`.
        """
        ...

    def close(self) -> None:
        """Flush with a short timeout and close the connection; safe to call twice."""
        ...


class Consumer(Protocol):
    """A member of a consumer group, which divides the partitions of its topics; for one thread.

    The working position is in memory and moves with `poll`. The committed position is in the broker
    and moves with `commit` only. A partition without a committed position starts where
    `on_assigned` seeks to; without a seek, `poll` raises LogGap and skips nothing. `on_assigned`
    and `on_revoked` run inside `poll`. After `on_revoked` another member may own the partition.
    """

    def poll(self, timeout_s: float, max_records: int) -> Mapping[Partition, Sequence[Record]]:
        """The next records by partition, in offset order; empty if there are none for `timeout_s`.

        Raises:
            LogUnavailable: no broker answers.
            LogGap: a working position is before the start of the log or after its end.
        """
        ...

    def assignment(self) -> frozenset[Partition]:
        """The partitions that this member owns."""
        ...

    def seek(self, partition: Partition, next_offset: int) -> None:
        """Set the working position of an owned partition."""
        ...

    def committed(self, partition: Partition) -> int | None:
        """The committed position of the group, or None."""
        ...

    def commit(self, next_offsets: Mapping[Partition, int]) -> None:
        """Commit positions and wait for the broker.

        Raises:
            Fenced: another member owns a partition now.
            LogUnavailable: the commit may or may not have happened; repeating it is safe.
        """
        ...

    def close(self) -> None:
        """Leave the group without committing; safe to call twice."""
        ...


RebalanceCallback = Callable[[frozenset[Partition]], None]
"""Receives the partitions that the member has gained or lost."""


class Log(Protocol):
    """A connection to the log; creates producers and consumers. Threads may share it.

    All calls but `producer` and `consumer` raise LogUnavailable if no broker answers.
    """

    def topic(self, topic: str) -> TopicInfo:
        """Describe a topic.

        Raises:
            SchemaMismatch: the topic does not exist; brokers do not create topics by themselves.
        """
        ...

    def ensure_topics(self, specs: Iterable[TopicSpec], *, alter: bool = False) -> list[str]:
        """Create the missing topics and return their names; safe to repeat.

        `alter` changes retention, compaction and other settings of existing topics to the expected
        ones.

        Raises:
            SchemaMismatch: a topic exists with another number of partitions or replicas, or with
                other settings while `alter` is false.
        """
        ...

    def start_offset(self, partition: Partition) -> int:
        """The offset of the oldest record in the log."""
        ...

    def end_offset(self, partition: Partition) -> int:
        """The offset of the next record that is written."""
        ...

    def read(self, partition: Partition, start: int, end: int) -> Iterator[Record]:
        """The records with start ≤ offset < end, without a consumer group.

        Records removed by compaction are left out.

        Raises:
            LogGap: the range ends after the end of the log, or starts before its start and the
                topic is not compacted.
        """
        ...

    def producer(self) -> Producer:
        """A new producer; the caller must close it."""
        ...

    def consumer(
        self,
        group: str,
        topics: Sequence[str],
        on_assigned: RebalanceCallback,
        on_revoked: RebalanceCallback,
    ) -> Consumer:
        """A new group member; the caller must close it."""
        ...

    def close(self) -> None:
        """Close the connection; producers and consumers are closed separately."""
        ...
