"""The encoding of stored records: one format byte, then MessagePack."""

from collections.abc import Mapping
from typing import Final, TypeVar

import msgspec

from shared.errors import UnknownFormat
from shared.store.port import Cells, Key
from shared.store.tables import VALUE

T = TypeVar("T", bound=msgspec.Struct)

FORMAT: Final = 1
READABLE: Final = (FORMAT, FORMAT - 1)
"""The current format and the one before it."""

_encoder = msgspec.msgpack.Encoder()


def pack(record: msgspec.Struct) -> bytes:
    """Encode a record; equal records give equal bytes, so a replay writes the same bytes."""
    return bytes((FORMAT,)) + _encoder.encode(record)


def unpack(blob: bytes, record_type: type[T]) -> T:
    """Decode a record.

    Raises:
        UnknownFormat: the format is not readable, or the bytes are not a record of this type.
            Callers treat the record as missing and count it.
    """
    if not blob or blob[0] not in READABLE:
        stored = blob[0] if blob else "none"
        raise UnknownFormat(f"format {stored} of {record_type.__name__} is not one of {READABLE}")
    try:
        return msgspec.msgpack.decode(memoryview(blob)[1:], type=record_type)
    except msgspec.MsgspecError as error:
        raise UnknownFormat(f"{record_type.__name__}: {error}") from error


def record_at(rows: Mapping[Key, Cells], key: Key, record_type: type[T]) -> T | None:
    """Decode the record in the row with a clustering key; None if there is no such row.

    Raises:
        UnknownFormat: as `unpack`.
    """
    blob = rows.get(key, {}).get(VALUE)
    return unpack(blob, record_type) if isinstance(blob, bytes) else None
