"""Calls that no adapter accepts, because they would mix compare-and-set with plain writes: errors
of the program.
"""

from shared.store.port import Cells, Table


def require_plain(table: Table) -> None:
    """Refuse a plain write to a table that only compare_and_set may change."""
    if table.compare_and_set:
        raise ValueError(f"{table.name} is changed by compare_and_set only")


def require_pointer(table: Table, expected: Cells | None, new: Cells) -> None:
    """Refuse compare_and_set on any other table, and one that would leave an old cell beside a new
    one.
    """
    whole = set(table.cells)
    if not table.compare_and_set or table.clustering:
        raise ValueError(f"{table.name} is not a compare-and-set table")
    if set(new) != whole or (expected is not None and set(expected) != whole):
        raise ValueError(f"a compare-and-set of {table.name} names every cell: {sorted(whole)}")
