"""Probabilities that a tile is seen, taken and satisfies; used by the visits and by the truth."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from infra.world.catalog.titles import Floats, Titles
from infra.world.memory import Memory, is_finished
from infra.world.names import AFTERNOON, DEVICES, EVENING, MORNING, NIGHT
from infra.world.profiles import SimulatedProfile
from infra.world.settings import ChoiceSettings, VisitSettings
from shared.clock import DAY_MS
from shared.events.envelope import Device

Numbers = npt.NDArray[np.int64]
# Guesses: larger than any page of the platform.
MAX_ROWS = 64
MAX_COLUMNS = 100
BILLBOARD = "billboard"
UNKNOWN = -1


@dataclass(frozen=True, slots=True)
class VisitContext:
    """The properties of a visit that a page may depend on."""

    now_ms: int
    device: Device = "tv"


def logistic(x: Floats) -> Floats:
    """1 / (1 + e^-x)."""
    result: Floats = np.float32(1.0) / (np.float32(1.0) + np.exp(-x))
    return result


def daypart(hour: int) -> int:
    """The part of the day of a local hour."""
    if 6 <= hour < 12:
        return MORNING
    if 12 <= hour < 18:
        return AFTERNOON
    return EVENING if 18 <= hour < 22 else NIGHT


@dataclass(frozen=True)
class Grid:
    """A page as arrays with one entry per tile in reading order.

    `title` is UNKNOWN for a title that does not exist in this world.
    """

    title: Numbers
    row: Numbers
    column: Numbers
    kinds: tuple[str, ...]
    """The kind of each row."""
    variant: Numbers
    """Index of the artwork that is shown."""

    @classmethod
    def of(
        cls,
        kinds: Sequence[str],
        rows: Sequence[npt.NDArray[np.integer]],
        variant: Numbers | None = None,
    ) -> "Grid":
        """The grid of these rows of title numbers, by default with each title's first artwork."""
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
        """Per row, the number of rows above it without the billboard; −1 for a billboard on top.

        A billboard on top is always seen.
        """
        ordinary = np.array(
            [kind != BILLBOARD or row > 0 for row, kind in enumerate(self.kinds)], dtype=bool
        )
        return np.where(ordinary, np.cumsum(ordinary) - 1, -1)


@dataclass(frozen=True)
class Examination:
    """The probabilities that rows and columns of a page are seen, for a device and a patience.

    `rows` is P(row m reached), `columns` is P(column n seen | its row reached).
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
class TitleLogits:
    """A profile's utility and logits at one time; arrays have one entry per title."""

    utility: Floats
    take_logit: Floats
    satisfied_logit: Floats
    unfinished: frozenset[int]
    """Titles that were played with satisfaction and are not finished."""


class Behavior:
    """The probabilities for the titles of one world.

    Methods are pure: their results depend on their arguments and the settings only.
    """

    def __init__(self, choice: ChoiceSettings, visits: VisitSettings, titles: Titles) -> None:
        self._choice = choice
        self._visits = visits
        self._titles = titles
        self._row_reach = dict(choice.row_reach)
        self._column_reach = dict(choice.column_reach)

    def logits(
        self, profile: SimulatedProfile, memory: Memory, context: VisitContext
    ) -> TitleLogits:
        """Utility, and the logits of taking and of satisfaction, for all titles."""
        utility = self.utility(profile, context.now_ms)
        take = (
            self._choice.take_base
            + utility
            + self._choice.bait_take * self._titles.bait
            + self._newness(profile, context.now_ms)
        )
        take -= self._choice.fatigue * np.log2(1 + self._decayed_shown(memory, context.now_ms))
        finished = set(memory.finished(self._titles.playable, context.now_ms))
        unfinished = {
            title
            for title, progress in memory.progress.items()
            if not progress.given_up and title not in finished
        }
        take[list(finished)] -= self._choice.finished_penalty
        take[list(memory.given_up)] -= self._choice.given_up_penalty
        take[list(unfinished)] -= self._choice.unfinished_penalty
        satisfied = (
            self._choice.satisfied_base
            + self._choice.utility_satisfied * utility
            + self._choice.quality_satisfied * self._titles.quality
            - self._choice.bait_satisfied * self._titles.bait
        )
        return TitleLogits(utility, take, satisfied, frozenset(unfinished))

    def utility(self, profile: SimulatedProfile, now_ms: int) -> Floats:
        """Log-sum-exp over the tastes, plus terms for quality, hour and language."""
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

    def artwork_fit(self, profile: SimulatedProfile, grid: Grid, now_ms: int) -> Floats:
        """Per tile, the artwork's term of the logit: its theme times the mean taste."""
        mean = profile.weights @ profile.tastes_at(now_ms)
        themes = self._titles.directions @ mean
        fit: Floats = (
            np.float32(profile.artwork) * themes[self._titles.artworks[grid.title, grid.variant]]
        )
        return fit

    def take_probability(
        self, profile: SimulatedProfile, logits: TitleLogits, grid: Grid, now_ms: int
    ) -> Floats:
        """Per tile, P(taken | seen) by a visitor without the intent to resume a title."""
        logit = logits.take_logit[grid.title] + self.artwork_fit(profile, grid, now_ms)
        return np.where(grid.title == UNKNOWN, np.float32(0.0), logistic(logit))

    def satisfaction(self, logits: TitleLogits, title: int) -> float:
        """P(satisfied | played); higher for a title that is resumed."""
        bonus = self._choice.resumed_satisfied if title in logits.unfinished else 0.0
        return float(1.0 / (1.0 + np.exp(-(float(logits.satisfied_logit[title]) + bonus))))

    def examination(self, device: str, patience: float = 1.0) -> Examination:
        """The examination for a device and a patience; unknown devices count as web."""
        device_class = device if device in DEVICES else "web"
        rows = self._row_reach[device_class] ** (np.arange(MAX_ROWS) / patience)
        columns = self._column_reach[device_class] ** (np.arange(MAX_COLUMNS) / patience)
        return Examination(rows.astype(np.float32), columns.astype(np.float32))

    def resume_probabilities(self, memory: Memory, now_ms: int) -> dict[int, float]:
        """Per unfinished title with a part to play now, P(it is the one to be resumed).

        Empty when the profile has no such title.
        """
        forget_ms = self._visits.forget_days * DAY_MS
        ages_ms = {
            title: now_ms - progress.last_ms
            for title, progress in memory.progress.items()
            if not progress.given_up
            and now_ms - progress.last_ms < forget_ms
            and not is_finished(progress, self._titles.playable[title], now_ms)
        }
        if not ages_ms:
            return {}
        weights = {
            title: float(np.exp(-age_ms / (self._visits.continue_days * DAY_MS)))
            for title, age_ms in ages_ms.items()
        }
        total = sum(weights.values())
        return {title: weight / total for title, weight in weights.items()}

    def resume_intent(
        self,
        profile: SimulatedProfile,
        memory: Memory,
        resumable: dict[int, float],
        context: VisitContext,
    ) -> float:
        """P(the visitor intends to resume an unfinished title); 0 without `resumable` titles."""
        if not resumable:
            return 0.0
        visits = self._visits
        freshest_ms = min(context.now_ms - memory.progress[title].last_ms for title in resumable)
        logit = visits.continue_base + visits.continue_recency * np.exp(
            -freshest_ms / (visits.continue_days * DAY_MS)
        )
        logit += visits.continue_evening * (
            profile.local_hour(context.now_ms) >= 18
        ) + visits.continue_tv * (context.device == "tv")
        return float(1.0 / (1.0 + np.exp(-logit)))

    def _newness(self, profile: SimulatedProfile, now_ms: int) -> Floats:
        age_days = (now_ms - self._titles.launch_ms) / DAY_MS
        bonus: Floats = (
            profile.newness * np.exp(-np.maximum(age_days, 0) / self._choice.newness_days)
        ).astype(np.float32)
        return bonus

    def _decayed_shown(self, memory: Memory, now_ms: int) -> Floats:
        age = max(0, now_ms - memory.shown_ms) if memory.shown_ms else 0
        return memory.times_shown * np.float32(
            0.5 ** (age / (self._choice.fatigue_half_life_days * DAY_MS))
        )


def first_take_probabilities(
    grid: Grid, take: npt.NDArray[np.floating], reach: Floats, columns: Floats
) -> npt.NDArray[np.float64]:
    """Per tile, the exact probability that it is the tile taken from the page.

    A visitor reaches row m with probability `reach[m]`. In each reached row, a visitor sees the
    tiles up to some column, independently of the other rows (`columns`: P(seen | row reached) per
    tile). The first tile that is seen and taken ends the visit. The probabilities that no tile of a
    row is taken are therefore independent and multiply.
    """
    result = np.zeros(len(take))
    none_taken = 1.0
    for row in range(len(grid.kinds)):
        tiles = np.flatnonzero(grid.row == row)
        if not len(tiles):
            continue
        p = take[tiles].astype(np.float64)
        untaken = np.concatenate([[1.0], np.cumprod(1.0 - p)[:-1]])
        taken_in_row = columns[tiles].astype(np.float64) * untaken * p
        result[tiles] = float(reach[row]) * none_taken * taken_in_row
        none_taken *= 1.0 - taken_in_row.sum()
    return result
