"""The tallies of all counters in the partitions that a worker owns."""

from collections.abc import Iterable, Sequence

from nearline.handlers.effects import CounterDelta, CounterSpec
from nearline.tallies.buckets import PartitionTally, read_tally
from shared.log.port import Partition
from shared.records.digest import LogPosition
from shared.store.port import Store, Write


class OwnedTallies:
    """Tallies in memory by partition and counter, read from the store when they are first needed.

    A tally is ahead of the store only between a fold and its write.
    """

    def __init__(self, store: Store, counters: Sequence[CounterSpec]) -> None:
        self._store = store
        self._counters = counters
        self._tallies: dict[Partition, dict[str, PartitionTally]] = {}

    def load(self, partition: Partition) -> LogPosition | None:
        """Read a partition's tallies, if they are not in memory.

        Returns the greatest position that one of them includes, None for a topic without counters.

        Raises:
            StoreUnavailable: the store did not answer.
        """
        if partition not in self._tallies:
            self._tallies[partition] = {
                spec.name: read_tally(self._store, spec, partition)
                for spec in self._counters
                if spec.topic == partition.topic
            }
        return max((tally.position for tally in self._tallies[partition].values()), default=None)

    def apply(self, partition: Partition, position: LogPosition, delta: CounterDelta) -> None:
        """Apply a delta of the record at `position`; the partition's tallies are loaded."""
        self._tallies[partition][delta.counter].apply(position, delta)

    def writes(self, partition: Partition, position: LogPosition) -> list[Write]:
        """The changes of a partition's tallies since the last call, as of `position`."""
        writes = (tally.write(position) for tally in self._tallies[partition].values())
        return [write for write in writes if write is not None]

    def take_late_deltas(self, partition: Partition) -> dict[str, int]:
        """The number of late deltas since the last call, by counter."""
        late = {}
        for name, tally in self._tallies[partition].items():
            late[name], tally.late_deltas = tally.late_deltas, 0
        return late

    def of_counter(
        self, spec: CounterSpec, partitions: Iterable[Partition]
    ) -> list[PartitionTally]:
        """The tallies of a counter in those of the partitions that are in memory."""
        return [
            self._tallies[partition][spec.name]
            for partition in partitions
            if partition in self._tallies and partition.topic == spec.topic
        ]

    def drop(self, partitions: Iterable[Partition]) -> None:
        """Drop the tallies of partitions that were revoked or may be ahead of the store."""
        for partition in partitions:
            self._tallies.pop(partition, None)
