"""Convert log records into rows of the lake, inside Spark tasks.

Every row has the raw bytes of its record, and of a valid event also the envelope columns.
"""

from collections.abc import Iterable, Iterator, Sequence
from itertools import islice
from typing import Final

import pyarrow as pa

from offline.lake.ranges import Range
from offline.lake.schema import (
    ARROW_SCHEMA,
    ENVELOPE_FIELDS,
    ENVELOPE_SCHEMA,
    ORIGIN_FIELDS,
    RECORD,
)
from shared.connections import ConnectionFactory
from shared.errors import InvalidEvent
from shared.events.accept import AcceptedEvent, accept
from shared.log.port import Log, Partition, Record
from shared.topics import DEAD_LETTERS

# Records per Arrow batch. A guess that bounds the memory of a task.
BATCH_RECORDS: Final = 5_000
# Reasons of records that are not passed to `accept`.
TOMBSTONE: Final = "tombstone"
DEAD_LETTER: Final = "dead_letter"

LakeRow = tuple[object, ...]
_NO_ENVELOPE: LakeRow = (None,) * len(ENVELOPE_SCHEMA)


class RangeReader:
    """Read batches of ranges in a Spark task.

    It is picklable. Each call opens one log connection and closes it.
    """

    def __init__(self, log_factory: ConnectionFactory[Log]) -> None:
        self._log_factory = log_factory

    def __call__(self, batches: Iterable[pa.RecordBatch]) -> Iterator[pa.RecordBatch]:
        log = self._log_factory.open()
        try:
            for batch in batches:
                for row in batch.to_pylist():
                    yield from read_range(log, Range(**row))
        finally:
            log.close()


def read_range(log: Log, offsets: Range) -> Iterator[pa.RecordBatch]:
    """Yield the records of a range as batches of rows. A second read yields the same rows."""
    partition = Partition(offsets.topic, offsets.partition)
    records = log.read(partition, offsets.start, offsets.end)
    while chunk := list(islice(records, BATCH_RECORDS)):
        yield to_batch([row_of(record, offsets.incarnation) for record in chunk])


def to_batch(rows: Sequence[LakeRow]) -> pa.RecordBatch:
    """Return rows, each in the column order of ARROW_SCHEMA, as one batch."""
    columns = [
        pa.array(column, field.type)
        for column, field in zip(zip(*rows, strict=True), ARROW_SCHEMA, strict=True)
    ]
    return pa.RecordBatch.from_arrays(columns, schema=ARROW_SCHEMA)


def row_of(record: Record, incarnation: str) -> LakeRow:
    """Return one record as a row.

    The record is validated with the append time as the current time, as in every other reader of
    the log.
    """
    reason, envelope = _validate(record)
    return (
        RECORD,
        record.partition.topic,
        incarnation,
        record.partition.index,
        record.offset,
        None,
        record.append_time_ms * 1000,
        record.key,
        record.value,
        [{"name": name, "value": value} for name, value in record.headers],
        reason is None,
        reason,
        *envelope,
    )


def _validate(record: Record) -> tuple[str | None, LakeRow]:
    """Return the reason why the record is invalid, or None, and its envelope columns."""
    if record.partition.topic == DEAD_LETTERS:
        return DEAD_LETTER, _NO_ENVELOPE
    if record.value is None:
        return TOMBSTONE, _NO_ENVELOPE
    try:
        accepted = accept(record.value, record.append_time_ms, record.partition.topic)
    except InvalidEvent as error:
        return error.reason, _NO_ENVELOPE
    return None, _envelope_row(accepted)


def _envelope_row(accepted: AcceptedEvent) -> LakeRow:
    envelope, body = accepted.envelope, accepted.body
    title = getattr(body, "title", body)
    return (
        *(getattr(envelope, name) for name in ENVELOPE_FIELDS),
        *(getattr(envelope.origin, name, None) for name in ORIGIN_FIELDS),
        getattr(title, "title_id", None),
    )
