"""How far the worker is behind the log, and whether a partition has stopped moving."""

from collections.abc import Iterable
from dataclasses import dataclass

from nearline.positions import Positions
from nearline.telemetry import Telemetry
from shared.clock import Clock
from shared.log.port import Partition


@dataclass
class _Place:
    next_offset: int
    since_s: float
    lag: int = 0


class LagWatch:
    """Keeps the lag gauges of the partitions that this worker owns."""

    def __init__(
        self, positions: Positions, telemetry: Telemetry, clock: Clock, stuck_after_s: float
    ) -> None:
        self._positions = positions
        self._telemetry = telemetry
        self._clock = clock
        self._stuck_after_s = stuck_after_s
        self._places: dict[Partition, _Place] = {}

    def assigned(self, partition: Partition, next_offset: int) -> None:
        """A partition is ours; its gauge is right from this moment on."""
        place = self._places[partition] = _Place(
            next_offset,
            self._clock.monotonic_s(),
            self._positions.known_lag(partition, next_offset),
        )
        self._telemetry.lag.labels(partition.topic, str(partition.index)).set(place.lag)

    def revoked(self, partitions: Iterable[Partition]) -> None:
        """Partitions are another's; their gauges vanish here."""
        for partition in partitions:
            if self._places.pop(partition, None) is not None:
                self._telemetry.lag.remove(partition.topic, str(partition.index))

    def moved(self, partition: Partition, next_offset: int) -> None:
        """Records up to `next_offset` are done."""
        self._places[partition] = _Place(next_offset, self._clock.monotonic_s())

    def look(self, partitions: Iterable[Partition]) -> None:
        """Ask the log how far it reaches, and set the gauges."""
        for partition in partitions:
            place = self._places.get(partition)
            if place is not None:
                place.lag = self._positions.lag(partition, place.next_offset)
                self._telemetry.lag.labels(partition.topic, str(partition.index)).set(place.lag)
        now_s = self._clock.monotonic_s()
        self._telemetry.stuck.set(
            sum(
                place.lag > 0 and now_s - place.since_s > self._stuck_after_s
                for place in self._places.values()
            )
        )
