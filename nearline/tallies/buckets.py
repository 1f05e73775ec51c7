"""The tally of one counter and one log partition: absolute counts in buckets of event time."""

from typing import Final

from nearline.handlers.effects import CounterDelta, CounterSpec
from shared.ids import TitleId
from shared.log.port import Partition
from shared.log.time import log_timestamp
from shared.records.blob import pack, record_at
from shared.records.digest import LogPosition
from shared.records.tallies import TallyBucket
from shared.store.port import Cells, Key, Store, Write
from shared.store.tables import TALLIES, VALUE

# Rows are reused in a ring of open buckets and these, so that their number is bounded; a guess.
SPARE_ROWS: Final = 64

Counts = dict[str, dict[TitleId, float]]


class PartitionTally:
    """The buckets of one counter in one partition.

    `position` is the log position that the counts include. The tally is written before the rows of
    profiles, so it never includes less than they do.
    """

    def __init__(
        self,
        spec: CounterSpec,
        partition: Partition,
        position: LogPosition,
        buckets: dict[int, Counts],
    ) -> None:
        self.spec = spec
        self.partition = partition
        self.position = position
        self.buckets = buckets
        self.late_deltas = 0
        self._changed: set[int] = set()

    @property
    def newest(self) -> int:
        """The number of the newest bucket, which is the watermark: a function of the log alone."""
        return max(self.buckets, default=0)

    @property
    def watermark_ms(self) -> int:
        """The end of the newest bucket."""
        return (self.newest + 1) * self.spec.bucket_ms

    def apply(self, position: LogPosition, delta: CounterDelta) -> None:
        """Apply a delta of the record at `position`, unless the counts already include that record.

        A delta for a bucket that is closed is dropped; a positive one is counted as late.
        """
        if position < self.position:
            return
        number = delta.time_ms // self.spec.bucket_ms
        if number <= self.newest - self.spec.open_buckets:
            self.late_deltas += delta.amount > 0
            return
        titles = self.buckets.setdefault(number, {}).setdefault(delta.scope, {})
        titles[delta.key] = titles.get(delta.key, 0.0) + delta.amount
        if titles[delta.key] == 0:
            del titles[delta.key]
        self._changed.add(number)

    def write(self, position: LogPosition) -> Write | None:
        """The buckets that changed since the last call, as of `position`, as one atomic write.

        None when no bucket changed.
        """
        oldest = self.newest - self.spec.open_buckets
        self.buckets = {
            number: counts for number, counts in self.buckets.items() if number > oldest
        }
        changed = sorted(self._changed & self.buckets.keys())
        self._changed.clear()
        if not changed:
            return None
        self.position = position
        ring = self.spec.open_buckets + SPARE_ROWS
        rows: dict[Key, Cells] = {
            (number % ring,): {VALUE: pack(self._bucket(number))} for number in changed
        }
        return Write(
            TALLIES,
            (self.spec.name, self.partition.index),
            rows,
            log_timestamp(position.incarnation, position.next_offset),
        )

    def _bucket(self, number: int) -> TallyBucket:
        counts = {
            scope: dict(sorted(titles.items()))
            for scope, titles in sorted(self.buckets[number].items())
        }
        start_ms = number * self.spec.bucket_ms
        return TallyBucket(position=self.position, start_ms=start_ms, counts=counts)


def read_tally(store: Store, spec: CounterSpec, partition: Partition) -> PartitionTally:
    """The stored tally, without buckets that are past the retention.

    Raises:
        StoreUnavailable: the store did not answer.
        UnknownFormat: a row was written by a newer version.
    """
    rows = store.read(TALLIES, (spec.name, partition.index))
    stored = [bucket for row in rows if (bucket := record_at(rows, row, TallyBucket)) is not None]
    position = max((bucket.position for bucket in stored), default=LogPosition(0, 0))
    buckets = {bucket.start_ms // spec.bucket_ms: bucket.counts for bucket in stored}
    oldest = max(buckets, default=0) - spec.open_buckets
    is_open = {number: counts for number, counts in buckets.items() if number > oldest}
    return PartitionTally(spec, partition, position, is_open)
