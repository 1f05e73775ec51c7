"""Checks that all adapters share: compare-and-set and plain writes must not mix on a table."""

from shared.store.port import Cells, Table


def require_plain(table: Table) -> None:
    """Reject a plain write to a table that only compare_and_set may change.

    Raises:
        ValueError: the call is a programming error.
    """
    if table.compare_and_set:
        raise ValueError(f"{table.name} is changed by compare_and_set only")


def require_pointer(table: Table, expected: Cells | None, new: Cells) -> None:
    """Reject compare_and_set on other tables, and with values that do not contain every cell.

    Raises:
        ValueError: the call is a programming error.
    """
    all_cells = set(table.cells)
    if not table.compare_and_set or table.clustering:
        raise ValueError(f"{table.name} is not a compare-and-set table")
    if set(new) != all_cells or (expected is not None and set(expected) != all_cells):
        raise ValueError(
            f"a compare-and-set of {table.name} must contain every cell: {sorted(all_cells)}"
        )
