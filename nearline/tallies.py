"""What trends: counted starts per country in fixed buckets of event time, one row a bucket and log
partition, absolute values.
"""

from collections.abc import Iterable, Mapping
from typing import Final

from nearline.handlers.base import Start
from shared.ids import TitleId
from shared.log.port import Partition
from shared.log.time import log_timestamp
from shared.records.blob import pack, unpack
from shared.records.digest import LogPosition
from shared.records.tallies import BUCKET_MS, GLOBAL_SCOPE, TRENDING, TallyBucket
from shared.store.port import Cells, Key, Store, Write
from shared.store.tables import TALLIES, VALUE

# Starts older than this, against the newest one counted, come too late: their buckets are closed.
KEPT_BUCKETS: Final = 2 * 86_400_000 // BUCKET_MS
# Rows are used again in a ring, so that a partition never has more of them; somewhat longer than
# what is kept.
RING: Final = 640

Counts = dict[str, dict[TitleId, float]]


class PartitionTally:
    """The buckets of one partition. Its position says which records are in; it is written before
    the profiles' rows are, so that it is never behind them.
    """

    def __init__(
        self, partition: Partition, position: LogPosition, buckets: dict[int, Counts]
    ) -> None:
        self.partition = partition
        self.position = position
        self.buckets = buckets
        self._late = 0
        self._dirty: set[int] = set()

    @property
    def newest(self) -> int:
        """The newest bucket that counts anything: the watermark, a function of the log alone."""
        return max(self.buckets, default=0)

    def move(self, at: LogPosition, before: Start | None, after: Start | None) -> None:
        """Take back one counted start and count another, unless the record's effect is in already.

        A start that a late event puts earlier, or into another country, moves; so totals do not
        depend on the order of arrival.
        """
        if at < self.position or before == after:
            return
        if before is not None:
            self._add(before, -1.0)
        if after is not None:
            self._add(after, 1.0)

    def _add(self, start: Start, amount: float) -> None:
        number = start.time_ms // BUCKET_MS
        if number <= self.newest - KEPT_BUCKETS:
            self._late += amount > 0
            return
        counts = self.buckets.setdefault(number, {})
        for scope in {GLOBAL_SCOPE, start.country or GLOBAL_SCOPE}:
            titles = counts.setdefault(scope, {})
            titles[start.title_id] = titles.get(start.title_id, 0.0) + amount
            if titles[start.title_id] == 0:
                del titles[start.title_id]
        self._dirty.add(number)

    def take_late(self) -> int:
        """How many starts came too late since the last call."""
        late, self._late = self._late, 0
        return late

    def write(self, position: LogPosition) -> Write | None:
        """The rows that changed since the last call, as of `position`; None when nothing did. One
        write is one atomic batch.
        """
        oldest = self.newest - KEPT_BUCKETS
        self.buckets = {
            number: counts for number, counts in self.buckets.items() if number > oldest
        }
        changed = sorted(self._dirty & self.buckets.keys())
        self._dirty.clear()
        if not changed:
            return None
        self.position = position
        rows: dict[Key, Cells] = {
            (number % RING,): {VALUE: pack(self._bucket(number))} for number in changed
        }
        return Write(
            TALLIES,
            (TRENDING, self.partition.index),
            rows,
            log_timestamp(position.incarnation, position.next_offset),
        )

    def _bucket(self, number: int) -> TallyBucket:
        counts = {
            scope: dict(sorted(titles.items()))
            for scope, titles in sorted(self.buckets[number].items())
        }
        return TallyBucket(position=self.position, start_ms=number * BUCKET_MS, counts=counts)


def read_tally(store: Store, partition: Partition) -> PartitionTally:
    """The tally as stored; rows that the ring has not used again yet, but that are older than what
    is kept, are left out.

    Raises:
        StoreUnavailable: no answer.
        UnknownFormat: a row was written by a later version.
    """
    stored = [
        unpack(blob, TallyBucket)
        for blob in blobs(store.read(TALLIES, (TRENDING, partition.index)))
    ]
    newest = max((bucket.start_ms for bucket in stored), default=0) // BUCKET_MS
    position = max((bucket.position for bucket in stored), default=LogPosition(0, 0))
    kept = {
        bucket.start_ms // BUCKET_MS: bucket.counts
        for bucket in stored
        if bucket.start_ms // BUCKET_MS > newest - KEPT_BUCKETS
    }
    return PartitionTally(partition, position, kept)


def blobs(rows: Mapping[Key, Cells]) -> Iterable[bytes]:
    """The value cells of rows."""
    return (blob for cells in rows.values() if isinstance(blob := cells[VALUE], bytes))
