"""The rows of one profile in memory: loaded once, folded event by event, written as one atomic
batch.
"""

from collections.abc import Iterable
from dataclasses import dataclass, field
from enum import Enum

import msgspec

from nearline import digest as digests
from nearline import recent
from nearline.digest import FoldPart
from nearline.handlers import handler_of_part
from nearline.handlers.base import AnyHandler, Start
from nearline.handlers.plays import TitlePart, watched
from nearline.recent import RecentIds, RecentPart
from shared.errors import SchemaMismatch, UnknownFormat
from shared.events.accept import AcceptedEvent
from shared.log.port import Partition, Record
from shared.log.time import log_timestamp
from shared.records.blob import pack, unpack
from shared.records.digest import DIGEST_PART, Digest, ExposureDigest, LogPosition, WatchedTitle
from shared.store.port import Cells, Key, Table, Write
from shared.store.tables import PROFILE_EXPOSURES, PROFILE_STATE, VALUE
from shared.topics import SIGNALS


class Verdict(Enum):
    """What became of an event."""

    FOLDED = "folded"
    REPLAY = "replay"
    DUPLICATE = "duplicate"


@dataclass
class Moved:
    """The counted starts before and after an event, by which the tally changes."""

    before: Start | None
    after: Start | None


@dataclass
class ProfileState:
    """All rows of a profile that are fed by one topic. `dirty` names the parts that the store does
    not have yet.
    """

    partition: Partition
    profile_id: str
    fold: FoldPart
    parts: dict[str, msgspec.Struct] = field(default_factory=dict)
    recent: RecentIds = field(default_factory=lambda: RecentIds({}))
    watched: dict[str, WatchedTitle] = field(default_factory=dict)
    dirty: set[str] = field(default_factory=set)

    def includes(self, position: LogPosition) -> bool:
        """Whether the record at this place was folded already: then it is a replay."""
        return position < self.fold.position

    def take(
        self, record: Record, incarnation: int, event: AcceptedEvent, handlers: Iterable[AnyHandler]
    ) -> tuple[Verdict, list[Moved]]:
        """Fold an event into every part it belongs to, or into none: should a handler fail, the
        state is as before.
        """
        envelope = event.envelope
        if self.includes(LogPosition(incarnation, record.offset)):
            return Verdict.REPLAY, []
        if envelope.event_id in self.recent:
            return Verdict.DUPLICATE, []
        changed: dict[str, msgspec.Struct] = {}
        moved = []
        for handler in handlers:
            name = handler.part_of(event)
            if name is None:
                continue
            before = self.parts.get(name)
            changed[name] = after = handler.fold(before, event)
            moved.append(Moved(handler.start_of(before, event), handler.start_of(after, event)))
        summaries = {
            name: watched(part) for name, part in changed.items() if isinstance(part, TitlePart)
        }
        self.parts |= changed
        self.watched |= summaries
        self.dirty |= changed.keys()
        self.dirty.add(self.recent.add(envelope.event_id, record.offset, record.append_time_ms))
        self.fold = FoldPart(
            LogPosition(incarnation, record.offset + 1),
            max(self.fold.as_of_ms, envelope.event_time_ms),
            max(self.fold.received_ms, record.append_time_ms),
            self.fold.events + 1,
        )
        return Verdict.FOLDED, moved

    def digest(self) -> Digest | ExposureDigest:
        """The summary for pages, by the topic the rows hang on."""
        if self.partition.topic == SIGNALS:
            return digests.digest_of(self.fold, self.parts, self.watched.values())
        return digests.exposure_digest_of(self.fold, self.parts)

    def write(self, digest: Digest | ExposureDigest, extra: dict[Key, Cells]) -> Write:
        """Everything the store lacks, at log time; the caller clears `dirty` once the store has it."""
        rows: dict[Key, Cells] = {
            (name,): {VALUE: pack(self._row(name))} for name in sorted(self.dirty)
        }
        rows[(digests.PART,)] = {VALUE: pack(self.fold)}
        rows[(DIGEST_PART,)] = {VALUE: pack(digest)}
        position = self.fold.position
        return Write(
            table_of(self.partition.topic),
            (self.profile_id,),
            rows | extra,
            log_timestamp(position.incarnation, position.next_offset),
        )

    def _row(self, name: str) -> msgspec.Struct:
        return self.recent.parts[name] if name in self.recent.parts else self.parts[name]


def table_of(topic: str) -> Table:
    """The table that hangs on a topic."""
    return PROFILE_STATE if topic == SIGNALS else PROFILE_EXPOSURES


def from_rows(partition: Partition, profile_id: str, rows: dict[str, bytes]) -> ProfileState:
    """A profile's state out of its stored rows by part name; no rows are a profile never heard of.

    Raises:
        SchemaMismatch: a row was written by a later version; an owner that took it for missing
            would write over it.
    """
    state = ProfileState(partition, profile_id, FoldPart(LogPosition(0, 0)))
    try:
        for name, blob in rows.items():
            _read_row(state, name, blob)
    except UnknownFormat as error:
        raise SchemaMismatch(
            f"rows of profile {profile_id} cannot be read by this version: {error}"
        ) from error
    return state


def _read_row(state: ProfileState, name: str, blob: bytes) -> None:
    kind = name.partition(":")[0]
    if kind == digests.PART:
        state.fold = unpack(blob, FoldPart)
    elif kind == recent.PART:
        state.recent.parts[name] = unpack(blob, RecentPart)
    elif (handler := handler_of_part(name)) is not None:
        part = unpack(blob, handler.part_type)
        state.parts[name] = part
        if isinstance(part, TitlePart):
            state.watched[name] = watched(part)
