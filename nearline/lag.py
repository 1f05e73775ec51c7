"""The lag of each owned partition, and whether its position has stopped advancing."""

from collections.abc import Iterable
from dataclasses import dataclass

from nearline.positions import Positions
from nearline.telemetry import WorkerMetrics
from shared.clock import Clock
from shared.log.port import Partition


@dataclass
class _PartitionProgress:
    next_offset: int
    since_s: float
    lag: int = 0


class LagWatch:
    """Sets the lag gauges of the partitions that this worker owns."""

    def __init__(
        self, positions: Positions, metrics: WorkerMetrics, clock: Clock, stuck_after_s: float
    ) -> None:
        self._positions = positions
        self._metrics = metrics
        self._clock = clock
        self._stuck_after_s = stuck_after_s
        self._progress: dict[Partition, _PartitionProgress] = {}

    def assigned(self, partition: Partition, next_offset: int) -> None:
        """Set a partition's gauge by the known end of the log, without waiting for `update`."""
        lag = self._positions.known_lag(partition, next_offset)
        self._progress[partition] = _PartitionProgress(next_offset, self._clock.monotonic_s(), lag)
        self._metrics.lag.labels(partition.topic, str(partition.index)).set(lag)

    def revoked(self, partitions: Iterable[Partition]) -> None:
        """Remove the gauges of partitions."""
        for partition in partitions:
            if self._progress.pop(partition, None) is not None:
                self._metrics.lag.remove(partition.topic, str(partition.index))

    def advanced(self, partition: Partition, next_offset: int) -> None:
        """Record that all records before `next_offset` have been processed."""
        self._progress[partition] = _PartitionProgress(next_offset, self._clock.monotonic_s())

    def update(self, partitions: Iterable[Partition]) -> None:
        """Read the end offsets from the log and set the gauges."""
        for partition in partitions:
            progress = self._progress.get(partition)
            if progress is not None:
                progress.lag = self._positions.lag(partition, progress.next_offset)
                self._metrics.lag.labels(partition.topic, str(partition.index)).set(progress.lag)
        now_s = self._clock.monotonic_s()
        self._metrics.stuck.set(
            sum(
                progress.lag > 0 and now_s - progress.since_s > self._stuck_after_s
                for progress in self._progress.values()
            )
        )
