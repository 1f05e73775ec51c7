"""Totals of a counter: each partition's owner stores decayed sums; the owner of 0 adds them."""

from collections.abc import Sequence
from typing import Final

import msgspec

from nearline.handlers.effects import SUMS_SUFFIX, CounterSpec
from nearline.tallies.buckets import PartitionTally
from shared.clock import DAY_MS, HOUR_MS
from shared.ids import TitleId
from shared.log.port import Partition
from shared.log.time import log_timestamp
from shared.records.blob import pack, record_at
from shared.records.digest import LogPosition
from shared.records.tallies import TallyTotals
from shared.store.port import Cells, Key, Store, Write
from shared.store.tables import TALLIES, TALLY_TOTALS, VALUE

# Guesses, to be learned: the half-lives of interest in a title.
SHORT_HALF_LIFE_MS: Final = HOUR_MS
LONG_HALF_LIFE_MS: Final = DAY_MS

Sums = dict[TitleId, float]


class PartitionSums(msgspec.Struct, frozen=True, array_like=True):
    """One partition's counts, decayed to the end of its newest bucket: scope → title → sum."""

    position: LogPosition
    watermark_ms: int
    short: dict[str, Sums]
    long: dict[str, Sums]


class TotalsWriter:
    """Writes one counter's sums of the owned partitions, and its totals if partition 0 is owned.

    Only changes are written.
    """

    def __init__(self, store: Store, spec: CounterSpec, partitions: int) -> None:
        self.spec = spec
        self._store = store
        self._partitions = partitions
        self._written_sums: dict[Partition, LogPosition] = {}
        self._written_totals: dict[int, LogPosition] = {}

    def write(self, tallies: Sequence[PartitionTally]) -> None:
        """Write the sums and totals that the counter's tallies changed.

        Raises:
            StoreUnavailable: some may not be written; the next call writes them.
        """
        changed = [
            tally
            for tally in tallies
            if tally.buckets and self._written_sums.get(tally.partition) != tally.position
        ]
        self._store.write([_write_sums(tally) for tally in changed])
        self._written_sums |= {tally.partition: tally.position for tally in changed}
        if all(tally.partition.index != 0 for tally in tallies):
            return
        sums = self._read_sums()
        positions = {index: partition_sums.position for index, partition_sums in sums.items()}
        if positions != self._written_totals:
            self._store.write(_write_totals(self.spec, sums))
            self._written_totals = positions

    def _read_sums(self) -> dict[int, PartitionSums]:
        """The sums of all partitions that have counted anything, in the order of partitions."""
        sums = {}
        for index in range(self._partitions):
            rows = self._store.read(TALLIES, (_sums_name(self.spec), index))
            partition_sums = record_at(rows, (0,), PartitionSums)
            if partition_sums is not None:
                sums[index] = partition_sums
        return sums


def _sums_name(spec: CounterSpec) -> str:
    """The name under which sums are stored, in row 0, in the table of the buckets."""
    return f"{spec.name}{SUMS_SUFFIX}"


def _write_sums(tally: PartitionTally) -> Write:
    """A partition's sums, at the log time of the position they include."""
    sums = PartitionSums(
        tally.position,
        tally.watermark_ms,
        _decayed(tally, SHORT_HALF_LIFE_MS),
        _decayed(tally, LONG_HALF_LIFE_MS),
    )
    rows: dict[Key, Cells] = {(0,): {VALUE: pack(sums)}}
    timestamp = log_timestamp(tally.position.incarnation, tally.position.next_offset)
    return Write(TALLIES, (_sums_name(tally.spec), tally.partition.index), rows, timestamp)


def _write_totals(spec: CounterSpec, sums: dict[int, PartitionSums]) -> list[Write]:
    """One row per scope: the sums of all partitions, decayed to their greatest watermark.

    The timestamp is the sum of the partitions' offsets. It grows whenever one of them does, so
    older totals never replace newer ones.
    """
    if not sums:
        return []
    watermark_ms = max(partition.watermark_ms for partition in sums.values())
    incarnation = max(partition.position.incarnation for partition in sums.values())
    offsets = {
        index: partition.position.next_offset
        for index, partition in sums.items()
        if partition.position.incarnation == incarnation
    }
    timestamp = log_timestamp(incarnation, sum(offsets.values()))
    writes = []
    for scope in sorted({scope for partition in sums.values() for scope in partition.long}):
        short: Sums = {}
        long: Sums = {}
        for partition in sums.values():
            age_ms = watermark_ms - partition.watermark_ms
            _add(short, partition.short.get(scope, {}), _weight(age_ms, SHORT_HALF_LIFE_MS))
            _add(long, partition.long.get(scope, {}), _weight(age_ms, LONG_HALF_LIFE_MS))
        totals = TallyTotals(
            watermark_ms=watermark_ms,
            short=dict(sorted(short.items())),
            long=dict(sorted(long.items())),
            partitions=offsets,
            short_half_life_ms=SHORT_HALF_LIFE_MS,
            long_half_life_ms=LONG_HALF_LIFE_MS,
        )
        rows: dict[Key, Cells] = {(): {VALUE: pack(totals)}}
        writes.append(Write(TALLY_TOTALS, (spec.name, scope), rows, timestamp))
    return writes


def _decayed(tally: PartitionTally, half_life_ms: int) -> dict[str, Sums]:
    sums: dict[str, Sums] = {}
    for number, counts in sorted(tally.buckets.items()):
        age_ms = tally.watermark_ms - (number + 1) * tally.spec.bucket_ms
        for scope, titles in counts.items():
            _add(sums.setdefault(scope, {}), titles, _weight(age_ms, half_life_ms))
    return {scope: dict(sorted(titles.items())) for scope, titles in sorted(sums.items())}


def _weight(age_ms: int, half_life_ms: int) -> float:
    return float(0.5 ** (age_ms / half_life_ms))


def _add(sums: Sums, counts: Sums, weight: float) -> None:
    for title_id, count in counts.items():
        sums[title_id] = sums.get(title_id, 0.0) + weight * count
