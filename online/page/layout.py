"""The layout: in each row position, the row that adds most to the rows above it.

The gain of a tile is P(examined | row, column, device) × P(good play | examined). In the rows of a
first answer every title is shown once: the titles shown above are removed from a row, and its gain
is computed without them. In the rows below, a repeated title adds a little, and repeats are counted
once per screen.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np
import numpy.typing as npt

from online.page.context import RequestContext
from online.page.model import PlacedRow, RankedRow
from online.page.request import Shape
from online.settings import LayoutSettings
from shared.vocabulary import Floats, Mask

# Arrays that index other arrays are intp: NumPy converts any other type on every use.
Indexes = npt.NDArray[np.intp]
# A guess, to be learned: a family counts as repeated when it is among this many rows above.
KIND_MEMORY: Final = 3
# Candidates per shown tile, so that others replace the titles shown in rows above; a guess.
SPARE_TILES: Final = 1.5
# Below the first answer, repeats are counted again after this many rows; a guess.
SCREEN_ROWS: Final = 4


@dataclass(slots=True)
class _Table:
    """Candidate rows as rectangles: rows × tiles.

    Beyond the end of a row, `numbers` has a title that is never available and has the value 0.
    `latest_positions` maps the code of a family to the last position for its first row.
    """

    numbers: Indexes
    values: Floats
    available: Mask
    minimum_tiles: Indexes
    families: Indexes
    latest_positions: Mapping[int, int]
    family_count: int
    columns: Floats
    """The weight of each column; 0 beyond the last."""
    weights: Floats
    """The weight of the last of n tiles, for n from 0; 0 without a tile."""


@dataclass(slots=True)
class _State:
    """The state of a layout: shown titles, rows not placed yet, and families of placed rows."""

    shown: Mask
    unplaced: Mask
    families: list[int]


def stagewise_layout(context: RequestContext, rows: Sequence[RankedRow]) -> tuple[PlacedRow, ...]:
    """Choose rows and tiles for the device of the request."""
    settings = context.plan.settings.layout
    return lay_out(rows, len(context.view), context.request.shape, settings)


def without_repeats(context: RequestContext, rows: Sequence[RankedRow]) -> tuple[PlacedRow, ...]:
    """Keep rows in their order, and show each title once in the rows of a first answer."""
    shape, used = context.request.shape, np.zeros(len(context.view), np.bool_)
    placed: list[PlacedRow] = []
    for ranked in rows:
        numbers = ranked.numbers
        if len(placed) < shape.first_rows:
            numbers = numbers[~used[numbers]]
        if len(numbers) >= ranked.row.kind.minimum_tiles and len(placed) < shape.rows:
            numbers = numbers[: shape.columns]
            used[numbers] = True
            placed.append(PlacedRow(ranked.row, tuple(numbers.tolist())))
    return tuple(placed)


def as_offered(context: RequestContext, rows: Sequence[RankedRow]) -> tuple[PlacedRow, ...]:
    """Keep rows and tiles in their order, cut to the shape of the device."""
    shape = context.request.shape
    return tuple(
        PlacedRow(ranked.row, tuple(ranked.numbers[: shape.columns].tolist()))
        for ranked in rows[: shape.rows]
    )


def lay_out(
    rows: Sequence[RankedRow], titles: int, shape: Shape, settings: LayoutSettings
) -> tuple[PlacedRow, ...]:
    """Return the chosen rows in order with their tiles; deterministic.

    `titles` is the number of titles of the catalog. There are fewer rows than in the shape if there
    are too few candidate rows.
    """
    rows = [ranked for ranked in rows if len(ranked.numbers) >= ranked.row.kind.minimum_tiles]
    if not rows:
        return ()
    table = _tabulate(rows, titles, shape)
    state = _State(np.zeros(titles + 1, np.bool_), np.ones(len(rows), np.bool_), [])
    page: list[PlacedRow] = []
    next_gains: Floats | None = None
    while len(page) < min(shape.first_rows, len(rows)):
        gains = _gains(table, state, settings) if next_gains is None else next_gains
        chosen, next_gains = _choose(table, state, gains, len(page), shape, settings)
        if chosen is None:
            return tuple(page)
        available = table.available[chosen] & ~state.shown[table.numbers[chosen]]
        numbers = table.numbers[chosen, np.flatnonzero(available)[: shape.columns]]
        page.append(PlacedRow(rows[chosen].row, tuple(numbers.tolist())))
        _mark_placed(table, state, chosen, numbers)
    while len(page) < min(shape.rows, len(rows)):
        screen = _next_screen(table, state, min(SCREEN_ROWS, shape.rows - len(page)), settings)
        page += [
            PlacedRow(rows[chosen].row, tuple(rows[chosen].numbers[: shape.columns].tolist()))
            for chosen in screen
        ]
        if len(screen) < SCREEN_ROWS:
            break
    return tuple(page)


def _next_screen(table: _Table, state: _State, count: int, settings: LayoutSettings) -> list[int]:
    """The next rows below the first answer, best first; fewer if no other row adds anything."""
    gains, families = _repeat_gains(table, state, settings).tolist(), table.families.tolist()
    unplaced = [row for row in np.flatnonzero(state.unplaced).tolist() if gains[row] > 0]
    screen: list[int] = []
    while unplaced and len(screen) < count:
        factors = _diversity_factors(table, state.families, settings)
        weighted = [gains[row] * factors[families[row]] for row in unplaced]
        chosen = unplaced.pop(weighted.index(max(weighted)))
        state.families.append(families[chosen])
        screen.append(chosen)
    state.unplaced[screen] = False
    state.shown[table.numbers[screen][:, table.columns > 0]] = True
    return screen


def _choose(
    table: _Table,
    state: _State,
    gains: Floats,
    row_position: int,
    shape: Shape,
    settings: LayoutSettings,
) -> tuple[int | None, Floats | None]:
    """The row for a position: a due one, else the best with look-ahead; None if no row adds.

    With it the gains of the next position, where the look-ahead computed them.
    """
    best = int(gains.argmax())
    if gains[best] <= 0:
        return None, None
    due_row = _due_row(table, state, gains, row_position)
    if due_row is not None:
        return due_row, None
    if row_position >= min(settings.look_ahead_rows, shape.first_rows - 1):
        return best, None
    # The score of a contender is its gain plus that of the best row in the next position.
    contenders = np.argsort(-gains, kind="stable")[: settings.look_ahead_width]
    contenders = contenders[gains[contenders] >= settings.look_ahead_slack * gains[best]]
    if len(contenders) == 1:
        return best, None
    ahead = [_next_gains(table, state, int(row), shape, settings) for row in contenders]
    sums = [
        gains[row] + shape.row_patience * float(next_gains.max())
        for row, next_gains in zip(contenders, ahead, strict=True)
    ]
    chosen = int(np.argmax(sums))
    return int(contenders[chosen]), ahead[chosen]


def _due_row(table: _Table, state: _State, gains: Floats, row_position: int) -> int | None:
    """The best row of the families that are due at this position; None without any."""
    due_families = [
        code
        for code, latest_position in table.latest_positions.items()
        if latest_position <= row_position and code not in state.families
    ]
    if not due_families:
        return None
    is_due = np.zeros(table.family_count, np.bool_)
    is_due[due_families] = True
    due_gains = gains * is_due[table.families]
    best = int(due_gains.argmax())
    return best if due_gains[best] > 0 else None


def _next_gains(
    table: _Table, state: _State, row: int, shape: Shape, settings: LayoutSettings
) -> Floats:
    """The gains in the next position if `row` is placed in this one."""
    next_state = _State(state.shown.copy(), state.unplaced.copy(), [*state.families])
    available = table.available[row] & ~state.shown[table.numbers[row]]
    placed = table.numbers[row, np.flatnonzero(available)[: shape.columns]]
    _mark_placed(table, next_state, row, placed)
    return _gains(table, next_state, settings)


def _gains(table: _Table, state: _State, settings: LayoutSettings) -> Floats:
    """float32[rows]: the gain of each unplaced row, with its tiles moved to the left.

    0 for a row with too few tiles.
    """
    available = table.available & ~state.shown[table.numbers]
    counts = available.cumsum(axis=1)
    gains = np.einsum("ij,ij->i", table.values * available, table.weights[counts])
    gains *= state.unplaced & (counts[:, -1] >= table.minimum_tiles)
    factors = np.array(_diversity_factors(table, state.families, settings), np.float32)
    return np.asarray(gains * factors[table.families], np.float32)


def _repeat_gains(table: _Table, state: _State, settings: LayoutSettings) -> Floats:
    """float32[rows]: the gain of each row below the first answer, where titles may repeat."""
    repeat, first = np.float32(settings.repeat_below_fold), np.float32(1)
    factors = np.where(state.shown[table.numbers], repeat, first)
    return np.asarray(np.einsum("ij,ij,j->i", table.values, factors, table.columns), np.float32)


def _diversity_factors(
    table: _Table, above: Sequence[int], settings: LayoutSettings
) -> list[float]:
    """The factor of each family below the families placed above."""
    factors = [settings.first_of_kind] * table.family_count
    for family in above:
        factors[family] = 1.0
    for family in above[-KIND_MEMORY:]:
        factors[family] *= settings.same_kind
    return factors


def _mark_placed(table: _Table, state: _State, chosen: int, numbers: Indexes) -> None:
    state.shown[numbers] = True
    state.unplaced[chosen] = False
    state.families.append(int(table.families[chosen]))


def _tabulate(rows: Sequence[RankedRow], titles: int, shape: Shape) -> _Table:
    width, no_title = int(shape.columns * SPARE_TILES), titles
    numbers = np.full((len(rows), width), no_title, np.intp)
    values = np.zeros((len(rows), width), np.float32)
    for index, ranked in enumerate(rows):
        count = len(ranked.numbers)
        numbers[index, :count] = ranked.numbers[:width]
        values[index, :count] = ranked.values[:width]
    columns = np.zeros(width, np.float32)
    columns[: shape.columns] = np.power(
        shape.column_patience, np.arange(shape.columns), dtype=np.float32
    )
    kinds = [ranked.row.kind for ranked in rows]
    families = [kind.layout_family for kind in kinds]
    codes = {family: code for code, family in enumerate(dict.fromkeys(families))}
    return _Table(
        numbers=numbers,
        values=values,
        available=numbers != no_title,
        minimum_tiles=np.array([kind.minimum_tiles for kind in kinds], np.intp),
        families=np.array([codes[family] for family in families], np.intp),
        latest_positions={
            codes[kind.layout_family]: kind.no_later_than
            for kind in kinds
            if kind.no_later_than is not None
        },
        family_count=len(codes),
        columns=columns,
        weights=np.concatenate((np.zeros(1, np.float32), columns)),
    )
