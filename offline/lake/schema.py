"""The lake's one table: raw records beside their decoded envelope, and the markers that say how far
each partition was read.
"""

from typing import Final

import pyarrow as pa

TABLE: Final = "lake.raw.records"
RECORD: Final = "record"
MARKER: Final = "marker"

_HEADERS = pa.list_(pa.struct([("name", pa.string()), ("value", pa.binary())]))

# A marker row fills kind, topic, incarnation, log_partition, next_offset and append_time only.
# `valid` is what `accept` said with the append time as now; an invalid record keeps its raw bytes
# and the reason, and has no envelope columns.
COLUMNS: Final[tuple[tuple[str, str, pa.DataType], ...]] = (
    ("kind", "string", pa.string()),
    ("topic", "string", pa.string()),
    ("incarnation", "string", pa.string()),
    ("log_partition", "int", pa.int32()),
    ("log_offset", "bigint", pa.int64()),
    ("next_offset", "bigint", pa.int64()),
    ("append_time", "timestamp", pa.timestamp("us", tz="UTC")),
    ("key", "binary", pa.binary()),
    ("value", "binary", pa.binary()),
    ("headers", "array<struct<name:string,value:binary>>", _HEADERS),
    ("valid", "boolean", pa.bool_()),
    ("reason", "string", pa.string()),
    ("type", "string", pa.string()),
    ("event_id", "string", pa.string()),
    ("schema_version", "int", pa.int32()),
    ("event_time_ms", "bigint", pa.int64()),
    ("sent_time_ms", "bigint", pa.int64()),
    ("received_time_ms", "bigint", pa.int64()),
    ("client_seq", "bigint", pa.int64()),
    ("account_id", "string", pa.string()),
    ("profile_id", "string", pa.string()),
    ("title_id", "string", pa.string()),
    ("visit_id", "string", pa.string()),
    ("play_id", "string", pa.string()),
    ("device", "string", pa.string()),
    ("country", "string", pa.string()),
    ("utc_offset_min", "int", pa.int32()),
    ("origin_kind", "string", pa.string()),
    ("origin_page_id", "string", pa.string()),
    ("origin_row", "int", pa.int32()),
    ("origin_column", "int", pa.int32()),
    ("origin_token", "string", pa.string()),
)

SPARK_SCHEMA: Final = ", ".join(f"{name} {sql}" for name, sql, _ in COLUMNS)
ARROW_SCHEMA: Final = pa.schema([(name, arrow) for name, _, arrow in COLUMNS])

# Markers lie in partitions of their own, so that finding where to go on reads no records.
CREATE_TABLE: Final = f"""
    CREATE TABLE IF NOT EXISTS {TABLE} ({SPARK_SCHEMA})
    USING iceberg
    PARTITIONED BY (kind, topic, days(append_time))
    TBLPROPERTIES (
        'format-version' = '2',
        'write.distribution-mode' = 'none',
        'write.spark.fanout.enabled' = 'true',
        'write.parquet.compression-codec' = 'zstd'
    )
"""
