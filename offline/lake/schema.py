"""The lake's only table: names of its columns, and its Arrow and Spark schemas."""

from typing import Final

import pyarrow as pa

from offline.lake.event_schema import ddl, spark_schema, struct_fields
from offline.spark import CATALOG
from shared.events.envelope import Envelope, Origin

NAMESPACE: Final = f"{CATALOG}.raw"
TABLE_NAME: Final = "raw.records"
"""The table's name in the catalog, under which a generation names its snapshot."""
TABLE: Final = f"{CATALOG}.{TABLE_NAME}"

KIND: Final = "kind"
"""RECORD for a record of the log, MARKER for the next offset of a partition."""
RECORD: Final = "record"
MARKER: Final = "marker"

TOPIC: Final = "topic"
INCARNATION: Final = "incarnation"
LOG_PARTITION: Final = "log_partition"
LOG_OFFSET: Final = "log_offset"
NEXT_OFFSET: Final = "next_offset"
APPEND_TIME: Final = "append_time"
KEY: Final = "key"
VALUE: Final = "value"
VALID: Final = "valid"
"""Whether `accept` accepted the record, with the append time as the current time."""
REASON: Final = "reason"
TITLE_ID: Final = "title_id"
"""The title that the event's body names, if it names one."""

ORIGIN_FIELDS: Final = tuple(struct_fields(Origin))
ENVELOPE_FIELDS: Final = tuple(
    name for name in struct_fields(Envelope) if name not in ("body", "origin")
)

_HEADERS = pa.list_(pa.struct([("name", pa.string()), ("value", pa.binary())]))


def origin_column(name: str) -> str:
    """Return the column that holds a field of the envelope's origin."""
    return f"origin_{name}"


def _envelope_columns() -> list[tuple[str, pa.DataType]]:
    envelope, origin = struct_fields(Envelope), struct_fields(Origin)
    return [
        *((name, envelope[name]) for name in ENVELOPE_FIELDS),
        *((origin_column(name), origin[name]) for name in ORIGIN_FIELDS),
        (TITLE_ID, pa.string()),
    ]


# A marker row fills kind, topic, incarnation, log_partition, next_offset and append_time only. An
# invalid record keeps its raw bytes and the reason, and its envelope columns are null.
ENVELOPE_SCHEMA: Final = pa.schema(_envelope_columns())
ARROW_SCHEMA: Final = pa.schema(
    [
        (KIND, pa.string()),
        (TOPIC, pa.string()),
        (INCARNATION, pa.string()),
        (LOG_PARTITION, pa.int32()),
        (LOG_OFFSET, pa.int64()),
        (NEXT_OFFSET, pa.int64()),
        (APPEND_TIME, pa.timestamp("us", tz="UTC")),
        (KEY, pa.binary()),
        (VALUE, pa.binary()),
        ("headers", _HEADERS),
        (VALID, pa.bool_()),
        (REASON, pa.string()),
        *ENVELOPE_SCHEMA,
    ]
)
SPARK_SCHEMA: Final = spark_schema(ARROW_SCHEMA)

# Markers are in separate table partitions, so that reading them reads no records.
CREATE_TABLE: Final = f"""
    CREATE TABLE IF NOT EXISTS {TABLE} ({ddl(ARROW_SCHEMA)})
    USING iceberg
    PARTITIONED BY ({KIND}, {TOPIC}, days({APPEND_TIME}))
    TBLPROPERTIES (
        'format-version' = '2',
        'write.distribution-mode' = 'none',
        'write.spark.fanout.enabled' = 'true',
        'write.parquet.compression-codec' = 'zstd'
    )
"""
