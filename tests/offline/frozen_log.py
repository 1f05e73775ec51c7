"""A picklable log that contains its records, for Spark tasks in other processes."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace

from shared.errors import LogGap
from shared.log.port import (
    Consumer,
    Log,
    Partition,
    Producer,
    RebalanceCallback,
    Record,
    TopicInfo,
    TopicSpec,
)


@dataclass(frozen=True)
class FrozenLog:
    """A log that can only be read. It is its own connection factory."""

    topics: Mapping[str, TopicInfo]
    records: Mapping[Partition, tuple[Record, ...]] = field(default_factory=dict)
    starts: Mapping[Partition, int] = field(default_factory=dict)

    def open(self) -> Log:
        return self

    def with_records(
        self, partition: Partition, values: Sequence[bytes | None], *, append_time_ms: int
    ) -> "FrozenLog":
        """The log with values appended to a partition, keyless."""
        records = self.records.get(partition, ())
        first = records[-1].offset + 1 if records else self.starts.get(partition, 0)
        new = tuple(
            Record(partition, first + n, None, value, append_time_ms + n)
            for n, value in enumerate(values)
        )
        return replace(self, records={**self.records, partition: records + new})

    def trimmed(self, partition: Partition, start: int) -> "FrozenLog":
        """The log after retention removed the records before an offset."""
        remaining = tuple(
            record for record in self.records.get(partition, ()) if record.offset >= start
        )
        return replace(
            self,
            records={**self.records, partition: remaining},
            starts={**self.starts, partition: start},
        )

    def topic(self, topic: str) -> TopicInfo:
        return self.topics[topic]

    def ensure_topics(self, specs: Iterable[TopicSpec], *, alter: bool = False) -> list[str]:
        return []

    def start_offset(self, partition: Partition) -> int:
        return self.starts.get(partition, 0)

    def end_offset(self, partition: Partition) -> int:
        records = self.records.get(partition, ())
        return records[-1].offset + 1 if records else self.starts.get(partition, 0)

    def read(self, partition: Partition, start: int, end: int) -> Iterator[Record]:
        if start < self.start_offset(partition):
            raise LogGap("trimmed", self.start_offset(partition) - start)
        return iter(
            [record for record in self.records.get(partition, ()) if start <= record.offset < end]
        )

    def producer(self) -> Producer:
        raise TypeError("a frozen log cannot be written")

    def consumer(
        self,
        group: str,
        topics: Sequence[str],
        on_assigned: RebalanceCallback,
        on_revoked: RebalanceCallback,
    ) -> Consumer:
        raise TypeError("a frozen log has no consumer groups")

    def close(self) -> None:
        return None


def empty_log(partitions: int = 2) -> FrozenLog:
    """All topics of the platform, without a record."""
    counts = {"signals": partitions, "exposures": partitions, "catalog": 1, "dead-letters": 1}
    return FrozenLog(
        {topic: TopicInfo(topic, f"{topic}-1", count) for topic, count in counts.items()}
    )
