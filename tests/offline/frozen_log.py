"""A log whose records travel with it, so that Spark tasks in other processes can read what a test
wrote.
"""

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
    """The reading half of a log, over records held in the object itself; also the factory that
    opens it.
    """

    topics: Mapping[str, TopicInfo]
    records: Mapping[Partition, tuple[Record, ...]] = field(default_factory=dict)
    starts: Mapping[Partition, int] = field(default_factory=dict)

    def open(self) -> Log:
        return self

    def with_records(
        self, partition: Partition, values: Sequence[bytes | None], *, append_time_ms: int
    ) -> "FrozenLog":
        """The log with values appended to a partition, keyless."""
        held = self.records.get(partition, ())
        first = held[-1].offset + 1 if held else self.starts.get(partition, 0)
        new = tuple(
            Record(partition, first + n, None, value, append_time_ms + n)
            for n, value in enumerate(values)
        )
        return replace(self, records={**self.records, partition: held + new})

    def trimmed(self, partition: Partition, start: int) -> "FrozenLog":
        """The log after retention removed what lies before an offset."""
        kept = tuple(record for record in self.records.get(partition, ()) if record.offset >= start)
        return replace(
            self,
            records={**self.records, partition: kept},
            starts={**self.starts, partition: start},
        )

    def topic(self, topic: str) -> TopicInfo:
        return self.topics[topic]

    def ensure_topics(self, specs: Iterable[TopicSpec], *, alter: bool = False) -> list[str]:
        return []

    def start_offset(self, partition: Partition) -> int:
        return self.starts.get(partition, 0)

    def end_offset(self, partition: Partition) -> int:
        held = self.records.get(partition, ())
        return held[-1].offset + 1 if held else self.starts.get(partition, 0)

    def read(self, partition: Partition, start: int, end: int) -> Iterator[Record]:
        if start < self.start_offset(partition):
            raise LogGap("trimmed", self.start_offset(partition) - start)
        return iter(
            [record for record in self.records.get(partition, ()) if start <= record.offset < end]
        )

    def producer(self) -> Producer:
        raise TypeError("a frozen log is not written to")

    def consumer(
        self,
        group: str,
        topics: Sequence[str],
        on_assigned: RebalanceCallback,
        on_revoked: RebalanceCallback,
    ) -> Consumer:
        raise TypeError("a frozen log has no groups")

    def close(self) -> None:
        return None


def empty_log(partitions: int = 2) -> FrozenLog:
    """All topics of the platform, without a record."""
    counts = {"signals": partitions, "exposures": partitions, "catalog": 1, "dead-letters": 1}
    return FrozenLog(
        {topic: TopicInfo(topic, f"{topic}-1", count) for topic, count in counts.items()}
    )
