"""One batch folded in memory: which rows change, which records go elsewhere; nothing is written
here.
"""

import logging
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from nearline.cache import ProfileCache
from nearline.dead_letters import dead_letter
from nearline.embedding import EmbeddingRefresher
from nearline.handlers import HANDLERS
from nearline.intake import Event, Misrouted, intake
from nearline.positions import Positions
from nearline.profiles import ProfileState, Verdict
from nearline.tallies import PartitionTally
from nearline.telemetry import Telemetry
from shared.errors import InvalidEvent
from shared.log.port import OutgoingRecord, Partition, Record
from shared.records.digest import Digest, LogPosition
from shared.store.port import Cells, Key, Write
from shared.topics import SIGNALS

log = logging.getLogger(__name__)

Batch = Mapping[Partition, Sequence[Record]]


@dataclass
class Folded:
    """What a batch comes to: records for elsewhere, rows in the order they must be written, and how
    far it reaches.
    """

    strays: list[OutgoingRecord] = field(default_factory=list)
    tally_writes: list[Write] = field(default_factory=list)
    profile_writes: list[Write] = field(default_factory=list)
    next_offsets: dict[Partition, int] = field(default_factory=dict)
    received_ms: list[int] = field(default_factory=list)
    touched: dict[int, ProfileState] = field(default_factory=dict)


class Folding:
    """Folds batches into the states in memory; should anything after it fail, the caller forgets
    those states and reads again.
    """

    def __init__(self, cache: ProfileCache, positions: Positions, telemetry: Telemetry) -> None:
        self._cache = cache
        self._positions = positions
        self._telemetry = telemetry

    def fold(
        self,
        batch: Batch,
        tallies: Mapping[Partition, PartitionTally],
        embeddings: EmbeddingRefresher,
    ) -> Folded:
        """Fold a batch, and prepare its writes.

        Raises:
            StoreUnavailable: a profile could not be read; nothing in memory is ahead of the store.
        """
        folded = Folded(
            next_offsets={partition: records[-1].offset + 1 for partition, records in batch.items()}
        )
        for partition, end in folded.next_offsets.items():
            self._positions.note_end(partition, end)
        events = [
            event
            for records in batch.values()
            for record in records
            if (event := self._take_in(record, folded)) is not None
        ]
        self._cache.load((event.record.partition, event.profile_id) for event in events)
        for event in events:
            self._apply(event, folded, tallies)
        for partition, tally in tallies.items():
            write = tally.write(
                LogPosition(
                    self._positions.number(partition.topic), folded.next_offsets.get(partition, 0)
                )
            )
            folded.tally_writes += [] if write is None else [write]
            self._telemetry.late.inc(tally.take_late())
        folded.profile_writes = _profile_writes(list(folded.touched.values()), embeddings)
        return folded

    def _take_in(self, record: Record, folded: Folded) -> Event | None:
        """The record's event if it is to be folded here; others go among the strays."""
        try:
            taken = intake(record, self._positions.partitions[record.partition.topic])
        except InvalidEvent as error:
            self._give_up(record, folded, error.reason, error.detail, error.field)
            return None
        if isinstance(taken, Misrouted):
            self._telemetry.misrouted.inc()
            folded.strays.append(taken.outgoing)
            return None
        kind = taken.accepted.envelope.type
        self._telemetry.events.labels(kind).inc()
        if kind not in HANDLERS:
            self._telemetry.unhandled.labels(kind).inc()
            return None
        return taken

    def _apply(
        self, event: Event, folded: Folded, tallies: Mapping[Partition, PartitionTally]
    ) -> None:
        record, envelope = event.record, event.accepted.envelope
        state = self._cache.get((record.partition, event.profile_id))
        incarnation = self._positions.number(record.partition.topic)
        try:
            verdict, moved = state.take(
                record, incarnation, event.accepted, HANDLERS[envelope.type]
            )
        except (
            Exception
        ) as error:  # a handler's bug must not stop everybody's partition; the state is as before
            log.exception(
                "handlers of %s failed at %s offset %d",
                envelope.type,
                record.partition,
                record.offset,
            )
            self._give_up(record, folded, "handler_error", f"{type(error).__name__}: {error}")
            return
        if verdict is Verdict.FOLDED:
            folded.touched[id(state)] = state
            folded.received_ms.append(envelope.received_time_ms or record.append_time_ms)
            for each in moved if record.partition in tallies else ():
                tallies[record.partition].move(
                    LogPosition(incarnation, record.offset), each.before, each.after
                )
        elif verdict is Verdict.DUPLICATE:
            self._telemetry.duplicates.inc()
        else:
            self._telemetry.replays.inc()

    def _give_up(
        self,
        record: Record,
        folded: Folded,
        reason: str,
        detail: str,
        field_at_fault: str | None = None,
    ) -> None:
        self._telemetry.dead_letters.labels(reason).inc()
        folded.strays.append(dead_letter(record, reason, detail, field_at_fault))


def _profile_writes(states: Sequence[ProfileState], embeddings: EmbeddingRefresher) -> list[Write]:
    digests = [state.digest() for state in states]
    ours = [(index, digest) for index, digest in enumerate(digests) if isinstance(digest, Digest)]
    rows = embeddings.rows([digest for _, digest in ours])
    extra: dict[int, dict[Key, Cells]] = {
        index: more for (index, _), more in zip(ours, rows, strict=True)
    }
    return [
        state.write(digest, extra.get(index, {}))
        for index, (state, digest) in enumerate(zip(states, digests, strict=True))
    ]


def feeds_tally(partition: Partition) -> bool:
    """Whether what trends is counted from this partition."""
    return partition.topic == SIGNALS
