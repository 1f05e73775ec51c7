"""How a stored blob is laid out: one format byte, then MessagePack; readers accept the current
format and the one before.
"""

from typing import TypeVar

import msgspec

from shared.errors import UnknownFormat

T = TypeVar("T", bound=msgspec.Struct)

FORMAT = 1
READABLE = (FORMAT, FORMAT - 1)

_encoder = msgspec.msgpack.Encoder()


def pack(record: msgspec.Struct) -> bytes:
    """The record as bytes; equal records give equal bytes, so that a replay writes what was written
    before.
    """
    return bytes((FORMAT,)) + _encoder.encode(record)


def unpack(blob: bytes, record_type: type[T]) -> T:
    """The record behind the format byte.

    Raises:
        UnknownFormat: the byte is of a later or a forgotten format, or what follows is not such a
            record. Callers treat the blob as missing and count it.
    """
    if not blob or blob[0] not in READABLE:
        raise UnknownFormat(
            f"format {blob[0] if blob else 'none'} of {record_type.__name__} is not one of {READABLE}"
        )
    try:
        return msgspec.msgpack.decode(memoryview(blob)[1:], type=record_type)
    except msgspec.MsgspecError as error:
        raise UnknownFormat(f"{record_type.__name__}: {error}") from error
