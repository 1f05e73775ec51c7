"""Lay out the page: row after row, each time the one that adds most to what stands above it.

A tile is worth P(examined | row, column, device) × P(good play). Within the rows of a first answer
no title stands twice: a row loses the titles that stand above it, and is weighed as it would then
look. Further down a repeat is worth a little; what is a repeat is looked at once a screen.
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
# So many rows are chosen below the first answer before repeats are looked at again.
SCREEN_ROWS = 4


@dataclass(slots=True)
class _Table:
    """Candidate rows as rectangles: rows x tiles; `numbers` beyond a row's end point at a title
    that is never alive and worth 0.
    """

    numbers: Matrix
    values: Floats
    alive: Mask
    least: npt.NDArray[np.int16]
    kinds: npt.NDArray[np.int16]
    codes: Mapping[str, int]
    columns: Floats
    """What each column is worth; 0 beyond the last."""


@dataclass(slots=True)
class _State:
    """What the rows placed so far leave: which titles stand above, which rows are free, which kinds
    they are of.
    """

    used: Mask
    free: Mask
    kinds: list[int]


def lay_out(
    rows: Sequence[Row], scores: Floats, shape: Shape, settings: LayoutSettings
) -> tuple[PageRow, ...]:
    """The chosen rows in order with their tiles; fewer than the shape's when the rows run out.
    Deterministic.
    """
    if not rows:
        return ()
    table = _tabulate(rows, scores, shape)
    state = _State(np.zeros(len(scores) + 1, np.bool_), np.ones(len(rows), np.bool_), [])
    page: list[PageRow] = []
    while len(page) < min(shape.first_rows, len(rows)):
        worth = _worth(table, state, table.alive & ~state.used[table.numbers], settings)
        chosen = _choose(table, state, worth, len(page), shape, settings)
        if chosen is None:
            return tuple(page)
        alive = table.alive[chosen] & ~state.used[table.numbers[chosen]]
        numbers = table.numbers[chosen, np.flatnonzero(alive)[: shape.columns]]
        page.append(_page_row(rows[chosen], numbers))
        _place(table, state, chosen, numbers)
    while len(page) < min(shape.rows, len(rows)):
        screen = _further(table, state, min(SCREEN_ROWS, shape.rows - len(page)), settings)
        page += [
            _page_row(rows[chosen], rows[chosen].numbers[: shape.columns]) for chosen in screen
        ]
        if len(screen) < SCREEN_ROWS:
            break
    return tuple(page)


def _further(table: _Table, state: _State, count: int, settings: LayoutSettings) -> list[int]:
    """The next rows below the first answer, best first; fewer when no others are worth anything."""
    worth, kinds = _worth_again(table, state, settings).tolist(), table.kinds.tolist()
    free = [row for row in np.flatnonzero(state.free).tolist() if worth[row] > 0]
    screen: list[int] = []
    while free and len(screen) < count:
        welcome = _kind_diversity(table, state.kinds, settings)
        chosen = max(free, key=lambda row: worth[row] * welcome[kinds[row]])
        free.remove(chosen)
        state.kinds.append(kinds[chosen])
        screen.append(chosen)
    state.free[screen] = False
    state.used[table.numbers[screen][:, table.columns > 0]] = True
    return screen


def _choose(
    table: _Table, state: _State, worth: Floats, slot: int, shape: Shape, settings: LayoutSettings
) -> int | None:
    best = int(worth.argmax())
    if worth[best] <= 0:
        return None
    due = _due(table, state, worth, slot, settings)
    if due is not None:
        return due
    if slot >= min(settings.look_ahead_rows, shape.first_rows - 1):
        return best
    # With a look ahead: what this row adds here, and what the best row after it would add in the
    # next slot.
    contenders = np.argsort(-worth, kind="stable")[: settings.look_ahead_width]
    contenders = contenders[worth[contenders] >= settings.look_ahead_slack * worth[best]]
    if len(contenders) == 1:
        return best
    sums = [
        worth[row] + shape.row_patience * _next_best(table, state, int(row), shape, settings)
        for row in contenders
    ]
    return int(contenders[int(np.argmax(sums))])


def _due(
    table: _Table, state: _State, worth: Floats, slot: int, settings: LayoutSettings
) -> int | None:
    """The best row of the kinds that the product wants by this slot and that do not stand yet; None
    when there is none.
    """
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


def _next_best(
    table: _Table, state: _State, row: int, shape: Shape, settings: LayoutSettings
) -> float:
    after = _State(state.used.copy(), state.free.copy(), [*state.kinds])
    alive = table.alive[row] & ~state.used[table.numbers[row]]
    _place(table, after, row, table.numbers[row, np.flatnonzero(alive)[: shape.columns]])
    return float(_worth(table, after, table.alive & ~after.used[table.numbers], settings).max())


def _worth(table: _Table, state: _State, alive: Mask, settings: LayoutSettings) -> Floats:
    """float32[rows]: what each free row would add, its tiles closed up to the left; 0 for rows that
    are too short now.
    """
    places = np.cumsum(alive, axis=1, dtype=np.int16)
    worth = np.einsum("ij,ij->i", table.values * alive, table.columns[places - 1])
    worth *= state.free & (places[:, -1] >= table.least)
    return np.asarray(
        worth * np.array(_kind_diversity(table, state.kinds, settings), np.float32)[table.kinds],
        np.float32,
    )


def _worth_again(table: _Table, state: _State, settings: LayoutSettings) -> Floats:
    """float32[rows]: below the first answer, where titles may come again for less and rows stay as
    they are; whatever their kind.
    """
    repeats = np.where(state.used, np.float32(settings.repeat_below_fold), np.float32(1))
    return np.asarray(
        np.einsum("ij,ij,j->i", table.values, repeats[table.numbers], table.columns), np.float32
    )


def _kind_diversity(table: _Table, above: Sequence[int], settings: LayoutSettings) -> list[float]:
    """How welcome a row of each kind is below the kinds that stand above."""
    factors = [settings.first_of_kind] * len(table.codes)
    for kind in above:
        factors[kind] = 1.0
    for kind in above[-KIND_MEMORY:]:
        factors[kind] *= settings.same_kind
    return factors


def _place(table: _Table, state: _State, chosen: int, numbers: Matrix) -> None:
    state.used[numbers] = True
    state.free[chosen] = False
    state.kinds.append(int(table.kinds[chosen]))


def _tabulate(rows: Sequence[Row], scores: Floats, shape: Shape) -> _Table:
    width, nobody = int(shape.columns * SPARE), len(scores)
    numbers = np.full((len(rows), width), nobody, np.int32)
    for place, row in enumerate(rows):
        numbers[place, : len(row.numbers)] = row.numbers[:width]
    values = np.append(scores, np.float32(0))[numbers]
    for place, row in enumerate(rows):
        if row.values is not None:
            values[place, : len(row.values)] = row.values[:width]
    columns = np.zeros(width, np.float32)
    columns[: shape.columns] = np.power(
        shape.column_patience, np.arange(shape.columns), dtype=np.float32
    )
    kinds = [FAMILIES.get(row.kind, row.kind) for row in rows]
    codes = {kind: code for code, kind in enumerate(dict.fromkeys(kinds))}
    return _Table(
        numbers=numbers,
        values=values,
        alive=numbers != nobody,
        least=np.array([row.least for row in rows], np.int16),
        kinds=np.array([codes[kind] for kind in kinds], np.int16),
        codes=codes,
        columns=columns,
    )


def _page_row(row: Row, numbers: Matrix) -> PageRow:
    tiles = tuple(numbers.tolist())
    notes = (
        {column: row.notes[number] for column, number in enumerate(tiles) if number in row.notes}
        if row.notes
        else {}
    )
    return PageRow(row, tiles, notes=notes)
