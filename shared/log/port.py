"""What the platform asks of a log: partitions of records in a fixed order, each named by its
offset.

Words. An *offset* names one record of a partition. A *next offset* is the offset of the record that
will be read next, so "committed 7" means that 0 to 6 are done. A topic's *incarnation id* changes
when the topic is deleted and created again: offsets compare only within one incarnation. *Append
time* is set by the broker and is the only "now" that a pure function may use.
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
    """One record as it stands in the log; `key` and `value` are None where the writer gave none (a
    null value is a tombstone).
    """

    partition: Partition
    offset: int
    key: bytes | None
    value: bytes | None
    append_time_ms: int
    headers: tuple[tuple[str, bytes], ...] = ()


@dataclass(frozen=True, slots=True)
class OutgoingRecord:
    """A record to be written; without `partition` the key's murmur2 hash chooses it."""

    topic: str
    key: bytes | None
    value: bytes | None
    headers: tuple[tuple[str, bytes], ...] = ()
    partition: int | None = None


@dataclass(frozen=True, slots=True)
class TopicInfo:
    """What the broker says of a topic: its incarnation id and how many partitions it has."""

    topic: str
    incarnation: str
    partitions: int


@dataclass(frozen=True, slots=True)
class TopicSpec:
    """What a topic must be; retention_ms None keeps it for ever."""

    topic: str
    partitions: int
    retention_ms: int | None
    compacted: bool = False


class Producer(Protocol):
    """Writes records; per partition, records arrive in the order of the `send` calls, each once
    (idempotent producer).
    """

    def send(self, record: OutgoingRecord) -> "Future[tuple[Partition, int]]":
        """Queue a record; the future gives where it stands once all in-sync replicas have it.

        Never blocks on the network. The future fails with LogUnavailable (unknown outcome: send
        again with the same event_id) or RequestRejected.

        Raises:
            Backpressure: the producer's buffer is full.
        """
        ...

    def flush(self, timeout_s: float) -> None:
        """Wait until every queued record is acknowledged or failed.

        Raises:
            LogUnavailable: some are still unanswered after `timeout_s`.
        """
        ...

    def close(self) -> None:
        """Flush for a short while and let go of the connection; safe to call twice."""
        ...


class Consumer(Protocol):
    """A member of a consumer group that shares a topic's partitions; used by one thread.

    Working position, in memory, moves with `poll`; committed position, in the broker, moves with
    `commit` only. A partition without a committed offset starts where `on_assigned` seeks to;
    without a seek `poll` raises LogGap, never skips. `on_assigned` and `on_revoked` run inside
    `poll`; after `on_revoked` the partition may be another's.
    """

    def poll(self, timeout_s: float, max_records: int) -> Mapping[Partition, Sequence[Record]]:
        """The next records by partition, each run in offset order; empty when none came within
        `timeout_s`.

        Raises:
            LogUnavailable: no broker answers.
            LogGap: a working position lies below the log's start or beyond its end.
        """
        ...

    def assignment(self) -> frozenset[Partition]:
        """The partitions that this member owns now."""
        ...

    def seek(self, partition: Partition, next_offset: int) -> None:
        """Read `partition` from `next_offset` on."""
        ...

    def committed(self, partition: Partition) -> int | None:
        """The group's committed next offset, or None."""
        ...

    def commit(self, next_offsets: Mapping[Partition, int]) -> None:
        """Commit synchronously.

        Raises:
            Fenced: the group has given the partition to another member.
            LogUnavailable: unknown outcome; committing again is safe.
        """
        ...

    def close(self) -> None:
        """Leave the group without committing; safe to call twice."""
        ...


RebalanceCallback = Callable[[frozenset[Partition]], None]


class Log(Protocol):
    """A connection to the log, and the maker of producers and consumers; safe to share between
    threads.
    """

    def topic(self, topic: str) -> TopicInfo:
        """Facts about a topic.

        Raises:
            SchemaMismatch: there is no such topic (brokers do not auto-create).
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
        """The offset of the oldest record kept."""
        ...

    def end_offset(self, partition: Partition) -> int:
        """The offset that the next record written will get."""
        ...

    def read(self, partition: Partition, start: int, end: int) -> Iterator[Record]:
        """The records with start ≤ offset < end, outside any group; offsets removed by compaction
        are left out.

        Raises:
            LogGap: `start` is below the log's start and the topic is not compacted.
        """
        ...

    def producer(self) -> Producer:
        """A new producer; the caller closes it."""
        ...

    def consumer(
        self,
        group: str,
        topics: Sequence[str],
        on_assigned: RebalanceCallback,
        on_revoked: RebalanceCallback,
    ) -> Consumer:
        """A new group member; the caller closes it."""
        ...

    def close(self) -> None:
        """Let go of the shared connection; producers and consumers are closed by their owners."""
        ...
