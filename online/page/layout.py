"""Lay out the page: row after row, each time the one that adds most to what stands above it.

A tile is worth P(examined | row, column, device) × P(good play). Within the rows of a first answer no title stands twice: a row
loses the titles that stand above it, and is weighed as it would then look. Further down a repeat is worth a little.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from online.page.model import Floats, Mask, PageRow, Row
from online.page.request import Shape
from online.settings import LayoutSettings

Matrix = npt.NDArray[np.int32]
KIND_MEMORY = 3
FAMILIES = {"genre": "facet", "mood": "facet", "genre_kind": "facet", "genre_decade": "facet"}
# Spare tiles beyond a row's width, to fill the gaps that titles shown above leave.
SPARE = 1.5


@dataclass(slots=True)
class _Table:
    """Candidate rows as rectangles: rows x tiles; `numbers` beyond a row's end point at a title that is never alive and worth 0."""

    numbers: Matrix
    values: Floats
    alive: Mask
    least: npt.NDArray[np.int16]
    kinds: npt.NDArray[np.int16]
    codes: Mapping[str, int]
    columns: Floats
    """What each column is worth, and a 0 for all beyond the last."""


@dataclass(slots=True)
class _State:
    """What the rows placed so far leave: which titles stand above, which rows are free, which kinds they are of."""

    used: Mask
    free: Mask
    kinds: list[int]


def lay_out(rows: Sequence[Row], scores: Floats, shape: Shape, settings: LayoutSettings) -> tuple[PageRow, ...]:
    """The chosen rows in order with their tiles; fewer than the shape's when the rows run out. Deterministic."""
    if not rows:
        return ()
    table = _tabulate(rows, scores, shape)
    state = _State(np.zeros(len(scores) + 1, np.bool_), np.ones(len(rows), np.bool_), [])
    page: list[PageRow] = []
    for slot in range(min(shape.rows, len(rows))):
        strict = slot < shape.first_rows
        alive = table.alive & ~state.used[table.numbers] if strict else table.alive
        worth = _worth(table, state, alive, settings) if strict else _worth_again(table, state, settings)
        chosen = _choose(table, state, worth, slot, shape, settings)
        if chosen is None:
            break
        numbers = table.numbers[chosen, np.flatnonzero(alive[chosen])[: shape.columns]]
        page.append(_page_row(rows[chosen], numbers))
        _place(table, state, chosen, numbers)
    return tuple(page)


def _choose(table: _Table, state: _State, worth: Floats, slot: int, shape: Shape, settings: LayoutSettings) -> int | None:
    best = int(worth.argmax())
    if worth[best] <= 0:
        return None
    due = _due(table, state, worth, slot, settings)
    if due is not None:
        return due
    if slot >= min(settings.look_ahead_rows, shape.first_rows - 1):
        return best
    # With a look ahead: what this row adds here, and what the best row after it would add in the next slot.
    contenders = np.argsort(-worth, kind="stable")[: settings.look_ahead_width]
    contenders = contenders[worth[contenders] >= settings.look_ahead_slack * worth[best]]
    if len(contenders) == 1:
        return best
    sums = [worth[row] + shape.row_patience * _next_best(table, state, int(row), shape, settings) for row in contenders]
    return int(contenders[int(np.argmax(sums))])


def _due(table: _Table, state: _State, worth: Floats, slot: int, settings: LayoutSettings) -> int | None:
    """The best row of the kinds that the product wants by this slot and that do not stand yet; None when there is none."""
    wanted = [
        code
        for kind, by in settings.no_later_than
        if by <= slot and (code := table.codes.get(kind)) is not None and code not in state.kinds
    ]
    if not wanted:
        return None
    due = worth * np.isin(table.kinds, wanted)
    best = int(due.argmax())
    return best if due[best] > 0 else None


def _next_best(table: _Table, state: _State, row: int, shape: Shape, settings: LayoutSettings) -> float:
    after = _State(state.used.copy(), state.free.copy(), [*state.kinds])
    alive = table.alive[row] & ~state.used[table.numbers[row]]
    _place(table, after, row, table.numbers[row, np.flatnonzero(alive)[: shape.columns]])
    return float(_worth(table, after, table.alive & ~after.used[table.numbers], settings).max())


def _worth(table: _Table, state: _State, alive: Mask, settings: LayoutSettings) -> Floats:
    """float32[rows]: what each free row would add, its tiles closed up to the left; 0 for rows that are too short now."""
    places = np.cumsum(alive, axis=1, dtype=np.int16)
    worth = np.einsum("ij,ij->i", table.values * alive, table.columns[places - 1])
    worth *= state.free & (places[:, -1] >= table.least)
    return np.asarray(worth * _variety(table, state.kinds, settings), np.float32)


def _worth_again(table: _Table, state: _State, settings: LayoutSettings) -> Floats:
    """float32[rows]: below the first answer, where titles may come again for less and rows stay as they are."""
    repeats = np.where(state.used, np.float32(settings.repeat_below_fold), np.float32(1))
    worth = np.einsum("ij,ij,j->i", table.values, repeats[table.numbers], table.columns[:-1])
    return np.asarray(worth * state.free * _variety(table, state.kinds, settings), np.float32)


def _variety(table: _Table, above: Sequence[int], settings: LayoutSettings) -> Floats:
    """float32[rows]: how welcome each row's kind is below the kinds that stand above."""
    factors = np.full(len(table.codes), settings.first_of_kind, np.float32)
    factors[list(above)] = 1
    for kind in above[-KIND_MEMORY:]:
        factors[kind] *= settings.same_kind
    return factors[table.kinds]


def _place(table: _Table, state: _State, chosen: int, numbers: Matrix) -> None:
    state.used[numbers] = True
    state.free[chosen] = False
    state.kinds.append(int(table.kinds[chosen]))


def _tabulate(rows: Sequence[Row], scores: Floats, shape: Shape) -> _Table:
    width = int(shape.columns * SPARE)
    nobody = len(scores)
    numbers = np.full((len(rows), width), nobody, np.int32)
    for place, row in enumerate(rows):
        numbers[place, : len(row.numbers)] = row.numbers[:width]
    values = np.append(scores, np.float32(0))[numbers]
    for place, row in enumerate(rows):
        if row.values is not None:
            values[place, : len(row.values)] = row.values[:width]
    columns = np.zeros(width + 1, np.float32)
    columns[: shape.columns] = np.power(shape.column_patience, np.arange(shape.columns), dtype=np.float32)
    kinds = [FAMILIES.get(row.kind, row.kind) for row in rows]
    codes = {kind: code for code, kind in enumerate(dict.fromkeys(kinds))}
    least = np.array([row.least for row in rows], np.int16)
    return _Table(numbers, values, numbers != nobody, least, np.array([codes[kind] for kind in kinds], np.int16), codes, columns)


def _page_row(row: Row, numbers: Matrix) -> PageRow:
    tiles = tuple(numbers.tolist())
    notes = {column: row.notes[number] for column, number in enumerate(tiles) if number in row.notes} if row.notes else {}
    return PageRow(row, tiles, notes=notes)
