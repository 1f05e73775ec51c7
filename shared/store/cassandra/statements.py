"""The CQL of the store, generated from table layouts.

Every statement can be repeated, and every write has an explicit timestamp.
"""

# Names come from table layouts in the code; every value is bound.
# ruff: noqa: S608

from collections.abc import Iterable, Mapping

from shared.store.port import Table


def create_keyspace(keyspace: str, replication: Mapping[str, str]) -> str:
    """Create the keyspace unless it exists."""
    return f"CREATE KEYSPACE IF NOT EXISTS {keyspace} WITH replication = {_map(replication)}"


def alter_keyspace(keyspace: str, replication: Mapping[str, str]) -> str:
    """Change the keyspace's replication; rows reach new replicas with the next repair."""
    return f"ALTER KEYSPACE {keyspace} WITH replication = {_map(replication)}"


def _map(entries: Mapping[str, str]) -> str:
    return "{" + ", ".join(f"'{key}': '{value}'" for key, value in entries.items()) + "}"


READ_REPLICATION = "SELECT replication FROM system_schema.keyspaces WHERE keyspace_name = ?"


def create_table(keyspace: str, table: Table) -> str:
    """Create a table unless it exists."""
    columns = ", ".join(
        f"{name} {kind}"
        for part in (table.partition, table.clustering, table.cells)
        for name, kind in part.items()
    )
    key = ", ".join([f"({', '.join(table.partition)})", *table.clustering])
    return f"CREATE TABLE IF NOT EXISTS {keyspace}.{table.name} ({columns}, PRIMARY KEY ({key}))"


def columns_of(table: Table) -> set[tuple[str, str, int, str]]:
    """Return the layout as in `system_schema.columns`: (name, kind, position, type)."""
    keys = {
        (name, "partition_key", position, kind.value)
        for position, (name, kind) in enumerate(table.partition.items())
    }
    keys |= {
        (name, "clustering", position, kind.value)
        for position, (name, kind) in enumerate(table.clustering.items())
    }
    return keys | {(name, "regular", -1, kind.value) for name, kind in table.cells.items()}


READ_COLUMNS = (
    "SELECT column_name, kind, position, type FROM system_schema.columns "
    "WHERE keyspace_name = ? AND table_name = ?"
)


def _where(names: Iterable[str]) -> str:
    return " AND ".join(f"{name} = ?" for name in names)


def select_partition(keyspace: str, table: Table) -> str:
    """Select all rows of a partition: clustering columns, then cells."""
    columns = ", ".join([*table.clustering, *table.cells])
    return f"SELECT {columns} FROM {keyspace}.{table.name} WHERE {_where(table.partition)}"


def select_rows(keyspace: str, table: Table) -> str:
    """Select the rows of a partition with clustering keys from a list."""
    return f"{select_partition(keyspace, table)} AND ({', '.join(table.clustering)}) IN ?"


def select_keys(keyspace: str, table: Table) -> str:
    """Select every partition key."""
    return f"SELECT DISTINCT {', '.join(table.partition)} FROM {keyspace}.{table.name}"


def insert(keyspace: str, table: Table, cells: Iterable[str], with_ttl: bool) -> str:
    """Write one row at a given timestamp; other cells do not change."""
    names = [*table.partition, *table.clustering, *cells]
    marks = ", ".join("?" for _ in names)
    using = "USING TIMESTAMP ? AND TTL ?" if with_ttl else "USING TIMESTAMP ?"
    return f"INSERT INTO {keyspace}.{table.name} ({', '.join(names)}) VALUES ({marks}) {using}"


def newest_timestamps(keyspace: str, table: Table) -> str:
    """Select the write times of a partition's cells."""
    times = ", ".join(f"WRITETIME({name})" for name in table.cells)
    return f"SELECT {times} FROM {keyspace}.{table.name} WHERE {_where(table.partition)}"


def delete_partition(keyspace: str, table: Table) -> str:
    """Delete a partition's cells up to a timestamp; later ones stay."""
    return f"DELETE FROM {keyspace}.{table.name} USING TIMESTAMP ? WHERE {_where(table.partition)}"


def delete_pointer(keyspace: str, table: Table) -> str:
    """Delete a row of a compare-and-set table by Paxos, as it was written."""
    return f"DELETE FROM {keyspace}.{table.name} WHERE {_where(table.partition)} IF EXISTS"


def insert_if_absent(keyspace: str, table: Table) -> str:
    """Write a compare-and-set row if it does not exist."""
    names = [*table.partition, *table.cells]
    marks = ", ".join("?" for _ in names)
    columns = ", ".join(names)
    return f"INSERT INTO {keyspace}.{table.name} ({columns}) VALUES ({marks}) IF NOT EXISTS"


def update_if_equal(keyspace: str, table: Table) -> str:
    """Replace a compare-and-set row; values: new cells, key, expected cells."""
    assignments = ", ".join(f"{name} = ?" for name in table.cells)
    where, condition = _where(table.partition), _where(table.cells)
    return f"UPDATE {keyspace}.{table.name} SET {assignments} WHERE {where} IF {condition}"
