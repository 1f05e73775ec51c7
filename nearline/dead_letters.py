"""Dead letters: records that cannot be handled, with their origin and the reason."""

import base64
from typing import Final

import msgspec

from shared.log.port import OutgoingRecord, Record
from shared.topics import DEAD_LETTERS

# A longer value is truncated; the whole record is at its origin until the log deletes it.
MAX_VALUE_BYTES: Final = 256 * 1024
MAX_DETAIL_LENGTH: Final = 1_000
"""Characters; a guess that fits every message of a validation error."""


class DeadLetter(msgspec.Struct, frozen=True, kw_only=True):
    """A rejected record with its origin and the reason.

    Topic, partition and offset identify it: after a crash the same letter may be written again. Key
    and value are in base64.
    """

    topic: str
    partition: int
    offset: int
    append_time_ms: int
    reason: str
    detail: str
    field: str | None
    attempts: int
    key: str | None
    value: str | None
    value_bytes: int


def dead_letter(
    record: Record, reason: str, detail: str, field: str | None = None
) -> OutgoingRecord:
    """The dead letter of a record; its bytes are a function of the arguments."""
    value = record.value
    letter = DeadLetter(
        topic=record.partition.topic,
        partition=record.partition.index,
        offset=record.offset,
        append_time_ms=record.append_time_ms,
        reason=reason,
        detail=detail[:MAX_DETAIL_LENGTH],
        field=field,
        attempts=1,
        key=None if record.key is None else base64.b64encode(record.key).decode(),
        value=None if value is None else base64.b64encode(value[:MAX_VALUE_BYTES]).decode(),
        value_bytes=0 if value is None else len(value),
    )
    return OutgoingRecord(DEAD_LETTERS, None, msgspec.json.encode(letter), partition=0)
