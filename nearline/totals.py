"""Totals of what trends: each partition's owner stores its own decayed sums, the owner of partition
0 adds them up for readers.
"""

from collections.abc import Sequence
from typing import Final

import msgspec

from nearline.tallies import Counts, PartitionTally
from shared.ids import TitleId
from shared.log.port import Partition
from shared.log.time import log_timestamp
from shared.records.blob import pack, unpack
from shared.records.digest import LogPosition
from shared.records.tallies import BUCKET_MS, TRENDING, TallyTotals
from shared.store.port import Cells, Key, Store, Write
from shared.store.tables import TALLIES, TALLY_TOTALS, VALUE

SHORT_HALF_LIFE_MS: Final = 3_600_000
LONG_HALF_LIFE_MS: Final = 86_400_000
# The sums stand beside the buckets they are made of, under a name of their own, in the one row 0.
SUMS: Final = f"{TRENDING}:sums"

Sums = dict[TitleId, float]


class PartitionSums(msgspec.Struct, frozen=True, array_like=True):
    """One partition's decayed counts as of the end of its newest bucket: scope → title → sum."""

    position: LogPosition
    watermark_ms: int
    short: dict[str, Sums]
    long: dict[str, Sums]


class TotalsWriter:
    """Writes the sums of the partitions at hand, and the totals where partition 0 is among them;
    only what has changed.
    """

    def __init__(self, store: Store, partitions: int) -> None:
        self._store = store
        self._partitions = partitions
        self._sums: dict[Partition, LogPosition] = {}
        self._totals: dict[int, LogPosition] = {}

    def write(self, tallies: Sequence[PartitionTally]) -> None:
        """Bring sums and totals up to date.

        Raises:
            StoreUnavailable: some may be missing; the next call writes them.
        """
        changed = [
            tally
            for tally in tallies
            if tally.buckets and self._sums.get(tally.partition) != tally.position
        ]
        self._store.write([write_sums(tally) for tally in changed])
        self._sums |= {tally.partition: tally.position for tally in changed}
        if all(tally.partition.index != 0 for tally in tallies):
            return
        found = ((index, read_sums(self._store, index)) for index in range(self._partitions))
        sums = [(index, each) for index, each in found if each is not None]
        included = {index: each.position for index, each in sums}
        if included != self._totals:
            self._store.write(write_totals(sums))
            self._totals = included


def sums_of(tally: PartitionTally) -> PartitionSums:
    """The decayed sums of a partition's buckets."""
    watermark_ms = (tally.newest + 1) * BUCKET_MS
    return PartitionSums(
        tally.position,
        watermark_ms,
        _decayed(tally.buckets, watermark_ms, SHORT_HALF_LIFE_MS),
        _decayed(tally.buckets, watermark_ms, LONG_HALF_LIFE_MS),
    )


def write_sums(tally: PartitionTally) -> Write:
    """The partition's sums, at the log time of what they include."""
    at = tally.position
    rows: dict[Key, Cells] = {(0,): {VALUE: pack(sums_of(tally))}}
    return Write(
        TALLIES, (SUMS, tally.partition.index), rows, log_timestamp(at.incarnation, at.next_offset)
    )


def read_sums(store: Store, index: int) -> PartitionSums | None:
    """A partition's sums, whoever owns it; None before it has counted anything."""
    cells = store.read(TALLIES, (SUMS, index)).get((0,))
    value = cells[VALUE] if cells is not None else None
    return unpack(value, PartitionSums) if isinstance(value, bytes) else None


def write_totals(sums: Sequence[tuple[int, PartitionSums]]) -> list[Write]:
    """One row per scope, summed over partitions and decayed to the greatest watermark among them.

    The timestamp is the sum of the partitions' offsets: it grows whenever any of them does, so an
    older sum never replaces a newer.
    """
    if not sums:
        return []
    watermark_ms = max(each.watermark_ms for _, each in sums)
    incarnation = max(each.position.incarnation for _, each in sums)
    included = {
        index: each.position.next_offset
        for index, each in sorted(sums)
        if each.position.incarnation == incarnation
    }
    scopes = sorted({scope for _, each in sums for scope in each.long})
    timestamp = log_timestamp(incarnation, sum(included.values()))
    return [
        Write(
            TALLY_TOTALS,
            (TRENDING, scope),
            {
                (): {
                    VALUE: pack(
                        _totals(scope, [each for _, each in sorted(sums)], watermark_ms, included)
                    )
                }
            },
            timestamp,
        )
        for scope in scopes
    ]


def _totals(
    scope: str, sums: Sequence[PartitionSums], watermark_ms: int, included: dict[int, int]
) -> TallyTotals:
    short: Sums = {}
    long: Sums = {}
    for each in sums:
        age_ms = watermark_ms - each.watermark_ms
        _add(short, each.short.get(scope, {}), 0.5 ** (age_ms / SHORT_HALF_LIFE_MS))
        _add(long, each.long.get(scope, {}), 0.5 ** (age_ms / LONG_HALF_LIFE_MS))
    return TallyTotals(
        watermark_ms=watermark_ms,
        short=dict(sorted(short.items())),
        long=dict(sorted(long.items())),
        partitions=included,
        short_half_life_ms=SHORT_HALF_LIFE_MS,
        long_half_life_ms=LONG_HALF_LIFE_MS,
    )


def _decayed(buckets: dict[int, Counts], watermark_ms: int, half_life_ms: int) -> dict[str, Sums]:
    sums: dict[str, Sums] = {}
    for number, counts in sorted(buckets.items()):
        weight = 0.5 ** ((watermark_ms - (number + 1) * BUCKET_MS) / half_life_ms)
        for scope, titles in counts.items():
            _add(sums.setdefault(scope, {}), titles, weight)
    return {scope: dict(sorted(titles.items())) for scope, titles in sorted(sums.items())}


def _add(sums: Sums, more: Sums, weight: float) -> None:
    for title_id, count in more.items():
        sums[title_id] = sums.get(title_id, 0.0) + weight * count
