"""Fold one batch in memory: the rows that change and the records to be written. Writes nothing."""

import logging
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from nearline.dead_letters import dead_letter
from nearline.embedding import EmbeddingRefresher
from nearline.handlers.effects import CounterDelta
from nearline.handlers.registry import HandlerRegistry
from nearline.intake import Event, intake
from nearline.positions import Positions
from nearline.profiles.cache import ProfileCache
from nearline.profiles.state import EventOutcome, ProfileState
from nearline.tallies.owned import OwnedTallies
from nearline.telemetry import WorkerMetrics
from shared.errors import InvalidEvent
from shared.log.port import OutgoingRecord, Partition, Record
from shared.records.digest import Digest, LogPosition
from shared.store.port import Cells, Key, Write

log = logging.getLogger(__name__)

Batch = Mapping[Partition, Sequence[Record]]


@dataclass
class FoldedBatch:
    """The result of a batch: records and rows to be written in this order, then the new positions.

    `received_ms` has the time of receipt of each folded event.
    """

    outgoing: list[OutgoingRecord] = field(default_factory=list)
    tally_writes: list[Write] = field(default_factory=list)
    profile_writes: list[Write] = field(default_factory=list)
    next_offsets: dict[Partition, int] = field(default_factory=dict)
    received_ms: list[int] = field(default_factory=list)
    changed: dict[int, ProfileState] = field(default_factory=dict)


class Folding:
    """Folds batches into the cached profiles and tallies.

    If anything after a fold fails, the caller drops them from memory and reads them again.
    """

    def __init__(
        self,
        handlers: HandlerRegistry,
        cache: ProfileCache,
        tallies: OwnedTallies,
        positions: Positions,
        metrics: WorkerMetrics,
    ) -> None:
        self._handlers = handlers
        self._cache = cache
        self._tallies = tallies
        self._positions = positions
        self._metrics = metrics

    def fold(self, batch: Batch, embeddings: EmbeddingRefresher) -> FoldedBatch:
        """Fold a batch and prepare its writes.

        Raises:
            StoreUnavailable: a profile or tally could not be read; memory is unchanged.
        """
        folded = FoldedBatch(
            next_offsets={partition: records[-1].offset + 1 for partition, records in batch.items()}
        )
        for partition, end in folded.next_offsets.items():
            self._positions.note_end(partition, end)
        events = [
            event
            for records in batch.values()
            for record in records
            if (event := self._event_of(record, folded)) is not None
        ]
        self._cache.load((event.record.partition, event.profile_id) for event in events)
        for partition in batch:
            self._tallies.load(partition)
        for event in events:
            self._fold_event(event, folded)
        folded.tally_writes = self._tally_writes(folded.next_offsets)
        folded.profile_writes = _profile_writes(list(folded.changed.values()), embeddings)
        return folded

    def _event_of(self, record: Record, folded: FoldedBatch) -> Event | None:
        """The record's event if it is to be folded here; other records become outgoing ones."""
        try:
            event = intake(record, self._positions.partitions[record.partition.topic])
        except InvalidEvent as error:
            self._send_to_dead_letters(record, folded, error)
            return None
        if isinstance(event, OutgoingRecord):
            self._metrics.misrouted.inc()
            self._send(event, folded)
            return None
        event_type = event.accepted.envelope.type
        self._metrics.events.labels(event_type).inc()
        if not self._handlers.of_event(event_type):
            self._metrics.unhandled.labels(event_type).inc()
            return None
        return event

    def _fold_event(self, event: Event, folded: FoldedBatch) -> None:
        record, partition = event.record, event.record.partition
        state = self._cache.get((partition, event.profile_id))
        incarnation = self._positions.number(partition.topic)
        try:
            outcome, effects = state.fold_event(record, incarnation, event.accepted)
        except Exception as error:  # a bug in a handler must not stop the partition for all others
            log.exception("handlers failed at %s offset %d", partition, record.offset)
            detail = f"{type(error).__name__}: {error}"
            self._send_to_dead_letters(record, folded, InvalidEvent("handler_error", detail))
            return
        if outcome is EventOutcome.DUPLICATE:
            self._metrics.duplicates.inc()
        elif outcome is EventOutcome.REPLAY:
            self._metrics.replays.inc()
        else:
            folded.changed[id(state)] = state
            received_ms = event.accepted.envelope.received_time_ms
            folded.received_ms.append(received_ms or record.append_time_ms)
        for effect in effects:
            if isinstance(effect, CounterDelta):
                self._tallies.apply(partition, LogPosition(incarnation, record.offset), effect)
            else:
                self._send(effect, folded)

    def _send(self, record: OutgoingRecord, folded: FoldedBatch) -> None:
        self._metrics.outgoing.labels(record.topic).inc()
        folded.outgoing.append(record)

    def _send_to_dead_letters(
        self, record: Record, folded: FoldedBatch, error: InvalidEvent
    ) -> None:
        self._metrics.dead_letters.labels(error.reason).inc()
        folded.outgoing.append(dead_letter(record, error.reason, error.detail, error.field))

    def _tally_writes(self, next_offsets: Mapping[Partition, int]) -> list[Write]:
        writes = []
        for partition, next_offset in next_offsets.items():
            incarnation = self._positions.number(partition.topic)
            writes += self._tallies.writes(partition, LogPosition(incarnation, next_offset))
            for counter, count in self._tallies.take_late_deltas(partition).items():
                self._metrics.late_deltas.labels(counter).inc(count)
        return writes


def _profile_writes(states: Sequence[ProfileState], embeddings: EmbeddingRefresher) -> list[Write]:
    """One write per profile: its rows, its digest and, for a digest of signals, its embedding."""
    digests = [state.digest() for state in states]
    signals = {index: digest for index, digest in enumerate(digests) if isinstance(digest, Digest)}
    vectors: dict[int, dict[Key, Cells]] = dict(
        zip(signals, embeddings.rows(list(signals.values())), strict=True)
    )
    return [
        state.write(digest, vectors.get(index, {}))
        for index, (state, digest) in enumerate(zip(states, digests, strict=True))
    ]
