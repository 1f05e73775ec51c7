"""The rows of one profile in memory: loaded once, folded event by event, written atomically."""

from collections import defaultdict
from dataclasses import dataclass, field
from enum import Enum

import msgspec

from nearline.handlers.base import AnyHandler
from nearline.handlers.effects import CounterDelta, Effects
from nearline.handlers.registry import HandlerRegistry
from nearline.profiles.recent import RecentIds, RecentPart
from nearline.rows import FOLD_ROW, PROFILE_TOPICS, RECENT_ROWS, RESERVED_NAMES, FoldPart
from shared.errors import SchemaMismatch, UnknownFormat
from shared.events.accept import AcceptedEvent
from shared.log.port import Partition, Record
from shared.log.time import log_timestamp
from shared.records.blob import pack, unpack
from shared.records.digest import DIGEST_PART, LogPosition, TopicDigest
from shared.store.port import Cells, Key, Write
from shared.store.tables import VALUE


class EventOutcome(Enum):
    """The effect of folding an event."""

    FOLDED = "folded"
    REPLAY = "replay"
    DUPLICATE = "duplicate"


@dataclass
class ProfileState:
    """All rows of a profile that are fed by one topic."""

    partition: Partition
    profile_id: str
    handlers: HandlerRegistry
    fold: FoldPart = field(default_factory=lambda: FoldPart(LogPosition(0, 0)))
    recent: RecentIds = field(default_factory=lambda: RecentIds({}))
    parts: dict[str, msgspec.Struct] = field(default_factory=dict)
    """The handlers' parts by row name."""
    unwritten: set[str] = field(default_factory=set)
    """Names of the rows that the store does not have yet."""
    skipped: list[str] = field(default_factory=list)
    """Names of the rows that were not read: an older version of a handler, or no handler."""
    _summaries: dict[str, dict[str, object]] = field(
        init=False, default_factory=lambda: defaultdict(dict)
    )
    """By handler and row: the summary of each part, as of the last digest."""
    _unsummarized: dict[str, AnyHandler] = field(init=False, default_factory=dict)
    """The parts that changed since the last digest, by row name."""

    def fold_event(
        self, record: Record, incarnation: int, event: AcceptedEvent
    ) -> tuple[EventOutcome, Effects]:
        """Fold an event into all its parts and return its effects.

        All handlers take part or none: if one raises, the state is unchanged.
        """
        envelope = event.envelope
        if LogPosition(incarnation, record.offset) < self.fold.position:
            return EventOutcome.REPLAY, ()
        if envelope.event_id in self.recent:
            return EventOutcome.DUPLICATE, ()
        changed: dict[str, tuple[AnyHandler, msgspec.Struct]] = {}
        effects: Effects = ()
        for handler in self.handlers.of_event(envelope.type):
            key = handler.part_key(event)
            if key is not None:
                row = handler.row(key)
                part, part_effects = handler.fold(self.parts.get(row), event)
                _check_counters(handler, part_effects)
                changed[row] = handler, part
                effects += part_effects
        for row, (handler, part) in changed.items():
            self._set_part(row, handler, part)
            self.unwritten.add(row)
        self.unwritten.add(self.recent.add(envelope.event_id, record.offset, record.append_time_ms))
        self.fold = FoldPart(
            LogPosition(incarnation, record.offset + 1),
            max(self.fold.as_of_ms, envelope.event_time_ms),
            max(self.fold.received_ms, record.append_time_ms),
            self.fold.events + 1,
        )
        return EventOutcome.FOLDED, effects

    def digest(self) -> TopicDigest:
        """The digest of the topic's rows; only the parts that changed are summarized again."""
        for row, handler in self._unsummarized.items():
            self._summaries[handler.name][row] = handler.summarize(self.parts[row])
        self._unsummarized.clear()
        topic = PROFILE_TOPICS[self.partition.topic]
        fields: dict[str, object] = {}
        for handler in self.handlers.of_topic(topic.name):
            fields |= handler.digest_fields(self._summaries[handler.name].values())
        digest = topic.digest_type(
            position=self.fold.position,
            as_of_ms=self.fold.as_of_ms,
            received_ms=self.fold.received_ms,
            events=self.fold.events,
        )
        return msgspec.structs.replace(digest, **fields)

    def write(self, digest: TopicDigest, vectors: dict[Key, Cells]) -> Write:
        """The unwritten rows, the digest and the vectors, as one atomic write at log time.

        The caller clears `unwritten` once the store has the write.
        """
        rows: dict[Key, Cells] = {
            (name,): {VALUE: pack(self._row(name))} for name in sorted(self.unwritten)
        }
        rows[FOLD_ROW,] = {VALUE: pack(self.fold)}
        rows[DIGEST_PART,] = {VALUE: pack(digest)}
        position = self.fold.position
        return Write(
            PROFILE_TOPICS[self.partition.topic].table,
            (self.profile_id,),
            rows | vectors,
            log_timestamp(position.incarnation, position.next_offset),
        )

    def read_row(self, row: str, blob: bytes) -> None:
        """Add a stored row to the state.

        A part of an older handler version, or of no handler, is skipped and stays in the store.

        Raises:
            UnknownFormat: the bytes are of another format.
            SchemaMismatch: the part is of a newer handler version.
        """
        name = row.partition(":")[0]
        if name == FOLD_ROW:
            self.fold = unpack(blob, FoldPart)
        elif name == RECENT_ROWS:
            self.recent.parts[row] = unpack(blob, RecentPart)
        elif name not in RESERVED_NAMES:
            handler = self.handlers.of_row(row)
            if handler is None:
                self.skipped.append(row)
            else:
                self._set_part(row, handler, unpack(blob, handler.part_type))

    def _set_part(self, row: str, handler: AnyHandler, part: msgspec.Struct) -> None:
        self.parts[row] = part
        self._unsummarized[row] = handler

    def _row(self, name: str) -> msgspec.Struct:
        return self.recent.parts[name] if name in self.recent.parts else self.parts[name]


def from_rows(
    partition: Partition, profile_id: str, handlers: HandlerRegistry, rows: dict[str, bytes]
) -> ProfileState:
    """A profile's state from its stored rows by name; without rows, the empty state.

    Raises:
        SchemaMismatch: a row was written by a newer version of this code. The owner of the rows
            must not treat it as missing, because it would overwrite it.
    """
    state = ProfileState(partition, profile_id, handlers)
    try:
        for row, blob in rows.items():
            state.read_row(row, blob)
    except UnknownFormat as error:
        raise SchemaMismatch(
            f"rows of profile {profile_id} cannot be read by this version: {error}"
        ) from error
    return state


def _check_counters(handler: AnyHandler, effects: Effects) -> None:
    declared = {counter.name for counter in handler.counters}
    for effect in effects:
        if isinstance(effect, CounterDelta) and effect.counter not in declared:
            raise ValueError(f"handler {handler.module} does not declare {effect.counter!r}")
