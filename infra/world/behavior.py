"""How likely a tile is to be seen, taken and enjoyed: the formulas that visits are drawn from and
that the truth answers with.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from infra.world.names import AFTERNOON, DEVICES, EVENING, MORNING, NIGHT
from infra.world.profiles import Memory, Profile
from infra.world.settings import ChoiceSettings, VisitSettings
from infra.world.titles import Floats, Titles
from shared.clock import DAY_MS
from shared.events.envelope import Device

Numbers = npt.NDArray[np.int64]
MAX_ROWS = 64
MAX_COLUMNS = 100
BILLBOARD = "billboard"
UNKNOWN = -1


@dataclass(frozen=True, slots=True)
class VisitContext:
    """The circumstances of a visit that a page can know."""

    now_ms: int
    device: Device = "tv"


def logistic(x: Floats) -> Floats:
    """1 / (1 + e^-x)."""
    result: Floats = np.float32(1.0) / (np.float32(1.0) + np.exp(-x))
    return result


def daypart(hour: int) -> int:
    """Part of the day that a local hour belongs to."""
    if 6 <= hour < 12:
        return MORNING
    if 12 <= hour < 18:
        return AFTERNOON
    return EVENING if 18 <= hour < 22 else NIGHT


@dataclass(frozen=True)
class Grid:
    """A page as numbers: one entry per tile in reading order. `title` is −1 for a title that this
    world does not hold.
    """

    title: Numbers
    row: Numbers
    column: Numbers
    kinds: tuple[str, ...]
    """One per row."""
    variant: Numbers
    """Which picture of the title is shown."""

    @classmethod
    def of(
        cls,
        kinds: Sequence[str],
        rows: Sequence[npt.NDArray[np.integer]],
        variant: Numbers | None = None,
    ) -> "Grid":
        """The grid of these rows of title numbers; the first picture of each title unless told
        otherwise.
        """
        lengths = [len(row) for row in rows]
        title = np.concatenate([*rows, np.empty(0, dtype=np.int64)]).astype(np.int64)
        row = np.repeat(np.arange(len(rows)), lengths)
        column = np.concatenate(
            [*(np.arange(length) for length in lengths), np.empty(0, dtype=np.int64)]
        )
        return cls(
            title,
            row,
            column,
            tuple(kinds),
            np.zeros(len(title), dtype=np.int64) if variant is None else variant,
        )

    def depth(self) -> Numbers:
        """Per row, how many rows other than the billboard stand above it; a billboard on top is
        always seen: −1.
        """
        ordinary = np.array(
            [kind != BILLBOARD or place > 0 for place, kind in enumerate(self.kinds)], dtype=bool
        )
        return np.where(ordinary, np.cumsum(ordinary) - 1, -1)


@dataclass(frozen=True)
class Examination:
    """How far eyes go on one device for one patience: P(row m reached), P(column n seen | its row
    reached).
    """

    rows: Floats
    columns: Floats

    def row_reach(self, grid: Grid) -> Floats:
        """P(reached) per row of a page."""
        depth = grid.depth()
        return np.where(depth < 0, np.float32(1.0), self.rows[np.clip(depth, 0, MAX_ROWS - 1)])

    def column_reach(self, grid: Grid) -> Floats:
        """P(seen | row reached) per tile of a page."""
        return self.columns[np.minimum(grid.column, MAX_COLUMNS - 1)]


@dataclass(frozen=True)
class Outlook:
    """What a profile makes of every title at one moment; arrays have one entry per title."""

    utility: Floats
    take_logit: Floats
    satisfied_logit: Floats


class Behavior:
    """The formulas, bound to the titles of one world. Pure: a method's answer depends on its
    arguments only.
    """

    def __init__(self, choice: ChoiceSettings, visits: VisitSettings, titles: Titles) -> None:
        self._choice = choice
        self._visits = visits
        self._titles = titles
        self._row_reach = dict(choice.row_reach)
        self._column_reach = dict(choice.column_reach)

    def outlook(self, profile: Profile, memory: Memory, context: VisitContext) -> Outlook:
        """Utility and the logits of taking and of being satisfied, for all titles at once."""
        utility = self.utility(profile, context.now_ms)
        take = (
            self._choice.take_base
            + utility
            + self._choice.bait_take * self._titles.bait
            + self._newness(profile, context.now_ms)
        )
        take -= self._choice.fatigue * np.log2(1 + self._faded(memory, context.now_ms))
        take[list(memory.finished)] -= self._choice.finished_penalty
        take[list(memory.given_up)] -= self._choice.abandoned_penalty
        take[[title for title, progress in memory.under_way.items() if not progress.given_up]] -= (
            self._choice.under_way_penalty
        )
        satisfied = (
            self._choice.satisfied_base
            + self._choice.utility_satisfied * utility
            + self._choice.quality_satisfied * self._titles.quality
            - self._choice.bait_satisfied * self._titles.bait
        )
        return Outlook(utility, take, satisfied)

    def utility(self, profile: Profile, now_ms: int) -> Floats:
        """Log-sum-exp over tastes, plus quality, the hour and the language."""
        choice, titles = self._choice, self._titles
        affinity = choice.taste_sharpness * (profile.tastes_at(now_ms) @ titles.themes.T)
        weighted = affinity + np.log(profile.weights)[:, None]
        top = weighted.max(axis=0)
        utility: Floats = (
            top
            + np.log(np.exp(weighted - top).sum(axis=0))
            + np.float32(choice.quality_take) * titles.quality
        )
        utility += (
            np.float32(choice.hour_weight) * titles.dayparts[daypart(profile.local_hour(now_ms))]
        )
        utility -= np.float32(choice.foreign_penalty) * profile.foreign[titles.language]
        return utility

    def artwork_fit(self, profile: Profile, grid: Grid, now_ms: int) -> Floats:
        """Per tile, what its picture adds to the logit: the product of its theme with the mean
        taste.
        """
        mean = profile.weights @ profile.tastes_at(now_ms)
        themes = self._titles.directions @ mean
        fit: Floats = (
            np.float32(profile.artwork) * themes[self._titles.artworks[grid.title, grid.variant]]
        )
        return fit

    def take_probability(
        self, profile: Profile, outlook: Outlook, grid: Grid, now_ms: int
    ) -> Floats:
        """Per tile, P(taken | seen) by a visitor who wants nothing in particular."""
        logit = outlook.take_logit[grid.title] + self.artwork_fit(profile, grid, now_ms)
        return np.where(grid.title == UNKNOWN, np.float32(0.0), logistic(logit))

    def satisfaction(self, outlook: Outlook, memory: Memory, title: int) -> float:
        """P(satisfied | played); more for what is gone on with."""
        progress = memory.under_way.get(title)
        bonus = self._choice.continued_satisfied if progress and not progress.given_up else 0.0
        return float(1.0 / (1.0 + np.exp(-(float(outlook.satisfied_logit[title]) + bonus))))

    def examination(self, device: str, patience: float = 1.0) -> Examination:
        """How far eyes go; unknown devices count as web."""
        known = device if device in DEVICES else "web"
        rows = self._row_reach[known] ** (np.arange(MAX_ROWS) / patience)
        columns = self._column_reach[known] ** (np.arange(MAX_COLUMNS) / patience)
        return Examination(rows.astype(np.float32), columns.astype(np.float32))

    def wanted(self, memory: Memory, now_ms: int) -> dict[int, float]:
        """Unfinished titles that can be gone on with at this moment, with the probability that each
        is the one wanted.
        """
        forget = self._visits.forget_days * DAY_MS
        ages = {
            title: now_ms - progress.last_ms
            for title, progress in memory.under_way.items()
            if not progress.given_up
            and now_ms - progress.last_ms < forget
            and progress.part < self._titles.playable[title].released(now_ms)
        }
        if not ages:
            return {}
        weights = {
            title: float(np.exp(-age / (self._visits.continue_days * DAY_MS)))
            for title, age in ages.items()
        }
        total = sum(weights.values())
        return {title: weight / total for title, weight in weights.items()}

    def continue_probability(
        self, profile: Profile, memory: Memory, wanted: dict[int, float], context: VisitContext
    ) -> float:
        """P(the visit is meant to go on with something unfinished); 0 when there is nothing."""
        if not wanted:
            return 0.0
        visits = self._visits
        freshest = min(context.now_ms - memory.under_way[title].last_ms for title in wanted)
        logit = visits.continue_base + visits.continue_recency * np.exp(
            -freshest / (visits.continue_days * DAY_MS)
        )
        logit += visits.continue_evening * (
            profile.local_hour(context.now_ms) >= 18
        ) + visits.continue_tv * (context.device == "tv")
        return float(1.0 / (1.0 + np.exp(-logit)))

    def _newness(self, profile: Profile, now_ms: int) -> Floats:
        age_days = (now_ms - self._titles.launch_ms) / DAY_MS
        charm: Floats = (
            profile.newness * np.exp(-np.maximum(age_days, 0) / self._choice.newness_days)
        ).astype(np.float32)
        return charm

    def _faded(self, memory: Memory, now_ms: int) -> Floats:
        age = max(0, now_ms - memory.shown_ms) if memory.shown_ms else 0
        return memory.shown * np.float32(
            0.5 ** (age / (self._choice.fatigue_half_life_days * DAY_MS))
        )


def taken_first(
    grid: Grid, take: npt.NDArray[np.floating], reach: Floats, columns: Floats
) -> npt.NDArray[np.float64]:
    """Per tile, the exact probability that it is the one tile taken from the page.

    Eyes go down row by row and stop somewhere (P reached = `reach`); within each reached row they
    go right and stop somewhere, independently of other rows; the first tile that is seen and wanted
    is taken. So a row is passed without a take with a probability of its own, and those multiply.
    """
    result = np.zeros(len(take))
    passed = 1.0
    for row in range(len(grid.kinds)):
        places = np.flatnonzero(grid.row == row)
        if not len(places):
            continue
        p = take[places].astype(np.float64)
        untaken = np.concatenate([[1.0], np.cumprod(1.0 - p)[:-1]])
        here = columns[places].astype(np.float64) * untaken * p
        result[places] = float(reach[row]) * passed * here
        passed *= 1.0 - here.sum()
    return result
