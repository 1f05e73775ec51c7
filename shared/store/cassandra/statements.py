"""The CQL of the store, made from table layouts; every statement may be repeated, and each write
names its timestamp.
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
    """A table and its key."""
    columns = ", ".join(
        f"{name} {kind}"
        for part in (table.partition, table.clustering, table.cells)
        for name, kind in part.items()
    )
    key = ", ".join([f"({', '.join(table.partition)})", *table.clustering])
    return f"CREATE TABLE IF NOT EXISTS {keyspace}.{table.name} ({columns}, PRIMARY KEY ({key}))"


def columns_of(table: Table) -> set[tuple[str, str, int, str]]:
    """The layout as `system_schema.columns` tells it: (name, kind, position, type)."""
    keys = {
        (name, "partition_key", place, kind.value)
        for place, (name, kind) in enumerate(table.partition.items())
    }
    keys |= {
        (name, "clustering", place, kind.value)
        for place, (name, kind) in enumerate(table.clustering.items())
    }
    return keys | {(name, "regular", -1, kind.value) for name, kind in table.cells.items()}


READ_COLUMNS = "SELECT column_name, kind, position, type FROM system_schema.columns WHERE keyspace_name = ? AND table_name = ?"


def _where(names: Iterable[str]) -> str:
    return " AND ".join(f"{name} = ?" for name in names)


def select_partition(keyspace: str, table: Table) -> str:
    """All rows of a partition: clustering columns, then cells."""
    return f"SELECT {', '.join([*table.clustering, *table.cells])} FROM {keyspace}.{table.name} WHERE {_where(table.partition)}"


def select_rows(keyspace: str, table: Table) -> str:
    """The rows of a partition whose clustering keys are in a list."""
    return f"{select_partition(keyspace, table)} AND ({', '.join(table.clustering)}) IN ?"


def select_keys(keyspace: str, table: Table) -> str:
    """Every partition key."""
    return f"SELECT DISTINCT {', '.join(table.partition)} FROM {keyspace}.{table.name}"


def insert(keyspace: str, table: Table, cells: Iterable[str], with_ttl: bool) -> str:
    """One row at a timestamp of the caller's; only the cells given are touched."""
    names = [*table.partition, *table.clustering, *cells]
    marks = ", ".join("?" for _ in names)
    using = "USING TIMESTAMP ? AND TTL ?" if with_ttl else "USING TIMESTAMP ?"
    return f"INSERT INTO {keyspace}.{table.name} ({', '.join(names)}) VALUES ({marks}) {using}"


def newest_timestamps(keyspace: str, table: Table) -> str:
    """The write times of a partition's cells."""
    times = ", ".join(f"WRITETIME({name})" for name in table.cells)
    return f"SELECT {times} FROM {keyspace}.{table.name} WHERE {_where(table.partition)}"


def delete_partition(keyspace: str, table: Table) -> str:
    """What stands in a partition up to a timestamp; what is written later than that, stays."""
    return f"DELETE FROM {keyspace}.{table.name} USING TIMESTAMP ? WHERE {_where(table.partition)}"


def delete_pointer(keyspace: str, table: Table) -> str:
    """A row of a compare-and-set table, through the same Paxos that wrote it."""
    return f"DELETE FROM {keyspace}.{table.name} WHERE {_where(table.partition)} IF EXISTS"


def insert_if_absent(keyspace: str, table: Table) -> str:
    """The first value of a compare-and-set row."""
    names = [*table.partition, *table.cells]
    return f"INSERT INTO {keyspace}.{table.name} ({', '.join(names)}) VALUES ({', '.join('?' for _ in names)}) IF NOT EXISTS"


def update_if_equal(keyspace: str, table: Table) -> str:
    """The next value of a compare-and-set row: new cells, key, expected cells."""
    assignments = ", ".join(f"{name} = ?" for name in table.cells)
    return f"UPDATE {keyspace}.{table.name} SET {assignments} WHERE {_where(table.partition)} IF {_where(table.cells)}"
