"""Turns records of the log into rows of the lake, inside Spark tasks: raw bytes always, the
envelope where `accept` finds it valid.
"""

from collections.abc import Iterable, Iterator, Sequence
from itertools import islice

import pyarrow as pa

from offline.lake.ranges import Range
from offline.lake.schema import ARROW_SCHEMA, RECORD
from shared.connections import ConnectionFactory
from shared.errors import InvalidEvent
from shared.events.accept import AcceptedEvent, accept
from shared.log.port import Log, Partition, Record
from shared.topics import DEAD_LETTERS

BATCH_RECORDS = 5_000
TOMBSTONE = "tombstone"
DEAD_LETTER = "dead_letter"

Row = tuple[object, ...]
_NO_ENVELOPE: Row = (None,) * 20


class RangeReader:
    """The function that Spark runs over batches of ranges; picklable, opens its own connection and
    closes it.
    """

    def __init__(self, opens: ConnectionFactory[Log]) -> None:
        self._opens = opens

    def __call__(self, batches: Iterable[pa.RecordBatch]) -> Iterator[pa.RecordBatch]:
        log = self._opens.open()
        try:
            for batch in batches:
                for row in batch.to_pylist():
                    yield from read_range(log, Range(**row))
        finally:
            log.close()


def read_range(log: Log, part: Range) -> Iterator[pa.RecordBatch]:
    """The records of a range as batches of rows; reading the same range again gives the same rows."""
    records = log.read(Partition(part.topic, part.partition), part.start, part.end)
    while chunk := list(islice(records, BATCH_RECORDS)):
        yield to_batch([row_of(record, part.incarnation) for record in chunk])


def to_batch(rows: Sequence[Row]) -> pa.RecordBatch:
    """Rows in the order of the schema's columns as one batch."""
    columns = [
        pa.array(column, field.type)
        for column, field in zip(zip(*rows, strict=True), ARROW_SCHEMA, strict=True)
    ]
    return pa.RecordBatch.from_arrays(columns, schema=ARROW_SCHEMA)


def row_of(record: Record, incarnation: str) -> Row:
    """One record as a row; validity is judged with the append time as now, as every other reader of
    the log judges it.
    """
    reason, envelope = _judge(record)
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


def _judge(record: Record) -> tuple[str | None, Row]:
    if record.partition.topic == DEAD_LETTERS:
        return DEAD_LETTER, _NO_ENVELOPE
    if record.value is None:
        return TOMBSTONE, _NO_ENVELOPE
    try:
        accepted = accept(record.value, record.append_time_ms, record.partition.topic)
    except InvalidEvent as error:
        return error.reason, _NO_ENVELOPE
    return None, _envelope(accepted)


def _envelope(accepted: AcceptedEvent) -> Row:
    head, body, origin = accepted.envelope, accepted.body, accepted.envelope.origin
    title = getattr(body, "title", None)
    return (
        head.type,
        head.event_id,
        head.schema_version,
        head.event_time_ms,
        head.sent_time_ms,
        head.received_time_ms,
        head.client_seq,
        head.account_id,
        head.profile_id,
        title.title_id if title is not None else getattr(body, "title_id", None),
        head.visit_id,
        head.play_id,
        head.device,
        head.country,
        head.utc_offset_min,
        *(
            (origin.kind, origin.page_id, origin.row, origin.column, origin.token)
            if origin
            else (None,) * 5
        ),
    )
