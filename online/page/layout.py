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
    """Candidate rows as rectangles: rows x tiles; `numbers` beyond a row's end point at a title that is never alive."""

    numbers: Matrix
    values: Floats
    alive: Mask
    least: npt.NDArray[np.int16]
    kinds: npt.NDArray[np.int16]
    codes: Mapping[str, int]


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
    row_weights = np.power(shape.row_patience, np.arange(shape.rows), dtype=np.float32)
    column_weights = np.zeros(table.numbers.shape[1] + 1, np.float32)
    column_weights[: shape.columns] = np.power(shape.column_patience, np.arange(shape.columns), dtype=np.float32)
    state = _State(np.zeros(len(scores) + 1, np.bool_), np.ones(len(rows), np.bool_), [])
    page: list[PageRow] = []
    for slot in range(min(shape.rows, len(rows))):
        strict = slot < shape.first_rows
        alive = table.alive & ~state.used[table.numbers] if strict else table.alive
        worth = _worth(table, state, alive, column_weights, settings, strict=strict)
        chosen = _choose(table, state, worth, slot, row_weights, column_weights, settings)
        if chosen is None:
            break
        places = np.flatnonzero(alive[chosen])[: shape.columns]
        numbers = table.numbers[chosen, places]
        page.append(_page_row(rows[chosen], numbers))
        _place(table, state, chosen, numbers)
    return tuple(page)


def _choose(
    table: _Table,
    state: _State,
    worth: Floats,
    slot: int,
    row_weights: Floats,
    column_weights: Floats,
    settings: LayoutSettings,
) -> int | None:
    best = int(worth.argmax())
    if worth[best] <= 0:
        return None
    due = worth * _due(table, state, slot, settings)
    if due.max() > 0:
        return int(due.argmax())
    if slot >= settings.look_ahead_rows or slot + 1 >= len(row_weights):
        return best
    # With a look ahead: what this row adds here, and what the best row after it would add in the next slot.
    width = min(settings.look_ahead_width, len(worth))
    contenders = np.argsort(-worth, kind="stable")[:width]
    contenders = contenders[worth[contenders] >= settings.look_ahead_slack * worth[best]]
    sums = [
        row_weights[slot] * worth[row] + row_weights[slot + 1] * _next_best(table, state, int(row), column_weights, settings)
        for row in contenders
    ]
    return int(contenders[int(np.argmax(sums))])


def _due(table: _Table, state: _State, slot: int, settings: LayoutSettings) -> Mask:
    """bool[rows]: rows of a kind that the product wants by this slot, and that does not stand yet."""
    wanted = [table.codes[kind] for kind, by in settings.no_later_than if by <= slot and kind in table.codes]
    return np.isin(table.kinds, [kind for kind in wanted if kind not in state.kinds])


def _next_best(table: _Table, state: _State, row: int, column_weights: Floats, settings: LayoutSettings) -> float:
    after = _State(state.used.copy(), state.free.copy(), [*state.kinds])
    alive = table.alive & ~state.used[table.numbers]
    _place(table, after, row, table.numbers[row, np.flatnonzero(alive[row])[: len(column_weights) - 1]])
    alive = table.alive & ~after.used[table.numbers]
    return float(_worth(table, after, alive, column_weights, settings, strict=True).max())


def _worth(table: _Table, state: _State, alive: Mask, column_weights: Floats, settings: LayoutSettings, *, strict: bool) -> Floats:
    """float32[rows]: what each free row would add, its tiles closed up to the left; 0 for rows that are too short now."""
    if strict:
        columns = np.cumsum(alive, axis=1, dtype=np.int16) - 1
        worth = np.where(alive, table.values * column_weights[columns], 0).sum(axis=1)
        worth *= alive.sum(axis=1) >= table.least
    else:
        repeats = np.where(state.used[table.numbers], settings.repeat_below_fold, 1).astype(np.float32)
        worth = (table.values * repeats) @ column_weights[:-1]
    worth *= state.free
    worth *= _variety(table, state.kinds, settings)
    return np.asarray(worth, np.float32)


def _variety(table: _Table, above: Sequence[int], settings: LayoutSettings) -> Floats:
    """float32[rows]: how welcome each row's kind is below the kinds that stand above."""
    factors = np.full(table.kinds.max() + 1, settings.first_of_kind, np.float32)
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
    values = np.zeros((len(rows), width), np.float32)
    for place, row in enumerate(rows):
        length = min(width, len(row.numbers))
        numbers[place, :length] = row.numbers[:length]
        values[place, :length] = row.values[:length] if row.values is not None else scores[row.numbers[:length]]
    least = np.array([row.least for row in rows], np.int16)
    kinds = [FAMILIES.get(row.kind, row.kind) for row in rows]
    codes = {kind: code for code, kind in enumerate(dict.fromkeys(kinds))}
    return _Table(numbers, values, numbers != nobody, least, np.array([codes[kind] for kind in kinds], np.int16), codes)


def _page_row(row: Row, numbers: Matrix) -> PageRow:
    tiles = tuple(numbers.tolist())
    notes = {column: row.notes[number] for column, number in enumerate(tiles) if number in row.notes} if row.notes else {}
    return PageRow(row, tiles, notes=notes)
