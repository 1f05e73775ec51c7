"""The tables of the store's contract, and short forms of their rows and writes."""

import uuid

from shared.store.port import Cells, ColumnType, Store, Table, Write

PARTS = Table(
    "contract_parts",
    {"key": ColumnType.TEXT},
    {"part": ColumnType.TEXT},
    {"value": ColumnType.BLOB},
)
SINGLES = Table(
    "contract_singles",
    {"key": ColumnType.TEXT},
    {},
    {"value": ColumnType.BLOB, "total": ColumnType.BIGINT},
)
PAIRS = Table(
    "contract_pairs",
    {"name": ColumnType.TEXT, "log_partition": ColumnType.BIGINT},
    {"bucket": ColumnType.BIGINT, "scope": ColumnType.TEXT},
    {"total": ColumnType.BIGINT, "label": ColumnType.TEXT, "value": ColumnType.BLOB},
)
POINTERS = Table(
    "contract_pointers",
    {"name": ColumnType.TEXT},
    {},
    {"current": ColumnType.TEXT, "number": ColumnType.BIGINT},
    compare_and_set=True,
)
TABLES = (PARTS, SINGLES, PAIRS, POINTERS)


def fresh_key() -> str:
    """The key of a partition that no other test or example uses."""
    return uuid.uuid4().hex


def part(key: str, name: str, value: bytes, timestamp: int) -> Write:
    return Write(PARTS, (key,), {(name,): {"value": value}}, timestamp)


def pointer(current: str, number: int) -> Cells:
    return {"current": current, "number": number}


def values(store: Store, key: str) -> dict[str, object]:
    """The values of a partition of PARTS, by part."""
    return {str(row[0]): cells["value"] for row, cells in store.read(PARTS, (key,)).items()}
