"""The names of topics and groups on the broker, where a prefix separates installations."""

from dataclasses import dataclass

from kafka import TopicPartition

from shared.log.port import Partition


@dataclass(frozen=True, slots=True)
class TopicNames:
    """Converts names to and from the broker."""

    prefix: str

    def outer(self, name: str) -> str:
        """Return the broker's name of a topic or group."""
        return self.prefix + name

    def inner(self, name: str) -> str:
        """Return the name of a topic from the broker's name."""
        return name.removeprefix(self.prefix)

    def to_kafka(self, partition: Partition) -> TopicPartition:
        """Return the partition under the broker's name."""
        return TopicPartition(self.outer(partition.topic), partition.index)

    def from_kafka(self, partition: TopicPartition) -> Partition:
        """Return the partition without the prefix."""
        return Partition(self.inner(partition.topic), partition.partition)
