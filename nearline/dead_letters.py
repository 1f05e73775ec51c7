"""Records that cannot be handled, with where they stood and why, for a person to look at and to
send again.
"""

import base64
from typing import Final

import msgspec

from shared.log.port import OutgoingRecord, Record
from shared.topics import DEAD_LETTERS

# A record larger than this is kept in part; the whole stands at its origin while the log keeps it.
MAX_VALUE_BYTES: Final = 256 * 1024


class DeadLetter(msgspec.Struct, frozen=True, kw_only=True):
    """One record that was given up. Its origin names it: after a crash the same letter may be
    written again.
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
    """The letter about a record; a function of the record and the reason alone. Key and value are
    in base64.
    """
    value = record.value
    letter = DeadLetter(
        topic=record.partition.topic,
        partition=record.partition.index,
        offset=record.offset,
        append_time_ms=record.append_time_ms,
        reason=reason,
        detail=detail[:1_000],
        field=field,
        attempts=1,
        key=None if record.key is None else base64.b64encode(record.key).decode(),
        value=None if value is None else base64.b64encode(value[:MAX_VALUE_BYTES]).decode(),
        value_bytes=0 if value is None else len(value),
    )
    return OutgoingRecord(DEAD_LETTERS, None, msgspec.json.encode(letter), partition=0)
