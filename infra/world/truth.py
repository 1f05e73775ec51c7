"""The truth about a world, for the demo and tests: exact probabilities and values of pages."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np
import numpy.typing as npt

from infra.world.behavior import (
    Behavior,
    Examination,
    Grid,
    TitleLogits,
    VisitContext,
    first_take_probabilities,
)
from infra.world.catalog.titles import Titles
from infra.world.history import Population
from infra.world.memory import Memory
from infra.world.profiles import SimulatedProfile
from shared.api.page import PageAnswer
from shared.ids import ProfileId, TitleId

Probabilities = npt.NDArray[np.float64]
_BEST_PAGE_ROUNDS: Final = 4


@dataclass(frozen=True, slots=True)
class ShownRow:
    """One row of a page to evaluate.

    Of the kinds only `billboard` matters, on top. Without `artwork_ids`, every title shows its
    first artwork.
    """

    title_ids: tuple[TitleId, ...]
    kind: str = ""
    artwork_ids: tuple[str | None, ...] = ()


def shown_rows(page: PageAnswer) -> tuple[ShownRow, ...]:
    """The rows of a page API response."""
    return tuple(
        ShownRow(
            title_ids=tuple(row.title_ids()),
            kind=row.kind,
            artwork_ids=tuple(tile.artwork for tile in row.tiles),
        )
        for row in page.rows
    )


@dataclass(frozen=True, slots=True)
class _ProfileState:
    """A profile in a context, with everything that does not depend on the page."""

    profile: SimulatedProfile
    memory: Memory
    context: VisitContext
    logits: TitleLogits
    examination: Examination
    resumable: dict[int, float]
    resume_intent: float


class Truth:
    """Exact probabilities and expectations, without sampling, so two pages compare without noise.

    Results describe the profiles' current state: the history and every live visit change a
    profile's memory. The methods here change nothing.
    """

    def __init__(self, titles: Titles, population: Population, behavior: Behavior) -> None:
        self._titles = titles
        self._population = population
        self._behavior = behavior
        self._number = {profile.profile_id: profile.number for profile in population.profiles}

    def take_probability(
        self, profile: ProfileId, titles: Sequence[TitleId], context: VisitContext
    ) -> Probabilities:
        """P(taken | seen) by a discovering visitor; 0 for a title that is not in this world."""
        state = self._state(profile, context)
        grid = Grid.of([""], [self._numbers(titles)])
        take: Probabilities = self._behavior.take_probability(
            state.profile, state.logits, grid, context.now_ms
        ).astype(np.float64)
        return take

    def examination(self, device: str) -> tuple[Probabilities, Probabilities]:
        """(P(row m reached), P(column n seen | row reached)) for average patience."""
        examination = self._behavior.examination(device)
        return examination.rows.astype(np.float64), examination.columns.astype(np.float64)

    def eligible(self, profile: ProfileId, now_ms: int) -> list[TitleId]:
        """Every title that may be shown to the profile."""
        person = self._population.profiles[self._number[profile]]
        numbers = np.flatnonzero(self._titles.eligible(person.country, person.ceiling, now_ms))
        return [self._titles.catalog[number].title_id for number in numbers]

    def expected_good_plays(
        self, profile: ProfileId, page: Sequence[ShownRow], context: VisitContext
    ) -> float:
        """The exact expected number of satisfied plays from this page in one visit.

        Plays found by search do not count, and no title is taken from the page in a visit that
        begins with a search. A visitor with the intent to resume a title takes it if it is seen.
        Any other visitor takes the first tile that is seen and attractive.
        """
        return self._value(self._state(profile, context), self._grid(page))

    def best_page(
        self, profile: ProfileId, rows: int, columns: int, context: VisitContext
    ) -> tuple[ShownRow, ...]:
        """A greedy page of eligible titles: an approximate upper bound for other pages.

        Positions are filled in descending order of their examination. Titles are ordered by
        P(taken) × (P(satisfied) − value of the rest of the page), because a taken tile ends the
        visit.
        """
        state = self._state(profile, context)
        allowed = np.flatnonzero(
            self._titles.eligible(state.profile.country, state.profile.ceiling, context.now_ms)
        )
        flat = Grid.of([""], [allowed])
        take = self._behavior.take_probability(
            state.profile, state.logits, flat, context.now_ms
        ).astype(np.float64)
        good = self._satisfaction(state, allowed)
        ranked = allowed[np.argsort(-take * good, kind="stable")]
        best, best_value = self._pack(state, ranked, rows, columns), -1.0
        price = 0.0
        for _ in range(_BEST_PAGE_ROUNDS):
            ranked = allowed[np.argsort(-take * (good - price), kind="stable")]
            grid = self._pack(state, ranked, rows, columns)
            value = self._value(state, grid)
            if value > best_value:
                best, best_value = grid, value
            price = 0.5 * (price + self._discovery_value(state, grid))
        return self._rows(best)

    def _state(self, profile: ProfileId, context: VisitContext) -> _ProfileState:
        number = self._number[profile]
        person, memory = self._population.profiles[number], self._population.memories[number]
        resumable = self._behavior.resume_probabilities(memory, context.now_ms)
        return _ProfileState(
            profile=person,
            memory=memory,
            context=context,
            logits=self._behavior.logits(person, memory, context),
            examination=self._behavior.examination(context.device, person.patience),
            resumable=resumable,
            resume_intent=self._behavior.resume_intent(person, memory, resumable, context),
        )

    def _numbers(self, titles: Sequence[TitleId]) -> npt.NDArray[np.int64]:
        return np.array([self._titles.number.get(title, -1) for title in titles], dtype=np.int64)

    def _grid(self, page: Sequence[ShownRow]) -> Grid:
        rows = [self._numbers(row.title_ids) for row in page]
        variants = [
            self._variant(title, artwork)
            for row in page
            for title, artwork in zip(
                row.title_ids, row.artwork_ids or (None,) * len(row.title_ids), strict=True
            )
        ]
        return Grid.of([row.kind for row in page], rows, np.array(variants, dtype=np.int64))

    def _variant(self, title: TitleId, artwork: str | None) -> int:
        number = self._titles.number.get(title)
        if artwork is None or number is None:
            return 0
        ids = [picture.artwork_id for picture in self._titles.catalog[number].artworks]
        return ids.index(artwork) if artwork in ids else 0

    def _satisfaction(self, state: _ProfileState, numbers: npt.NDArray[np.int64]) -> Probabilities:
        return np.array(
            [
                self._behavior.satisfaction(state.logits, number) if number >= 0 else 0.0
                for number in numbers.tolist()
            ]
        )

    def _value(self, state: _ProfileState, grid: Grid) -> float:
        """Expected satisfied plays over the three intents of a visit."""
        resume_value = sum(
            probability * self._resume_value(state, grid, title)
            for title, probability in state.resumable.items()
        )
        discovery_value = self._discovery_value(state, grid)
        value = state.resume_intent * resume_value + (1 - state.resume_intent) * discovery_value
        return float((1 - state.profile.search) * value)

    def _resume_value(self, state: _ProfileState, grid: Grid, title: int) -> float:
        """P(the title is seen) × P(it satisfies)."""
        seen = self._first_take(state, grid, (grid.title == title).astype(np.float64))
        return float(seen.sum()) * self._behavior.satisfaction(state.logits, title)

    def _discovery_value(self, state: _ProfileState, grid: Grid) -> float:
        take = self._behavior.take_probability(
            state.profile, state.logits, grid, state.context.now_ms
        )
        return float(self._first_take(state, grid, take) @ self._satisfaction(state, grid.title))

    def _first_take(
        self, state: _ProfileState, grid: Grid, take: npt.NDArray[np.floating]
    ) -> Probabilities:
        examination = state.examination
        return first_take_probabilities(
            grid, take, examination.row_reach(grid), examination.column_reach(grid)
        )

    def _pack(
        self, state: _ProfileState, ranked: npt.NDArray[np.int64], rows: int, columns: int
    ) -> Grid:
        """The resumable titles, then `ranked`, in the positions with the highest examination."""
        by_probability = sorted(state.resumable, key=lambda title: -state.resumable[title])
        allowed = ranked.tolist()
        resumable = [title for title in by_probability if title in set(allowed)]
        order = list(dict.fromkeys([*resumable, *allowed]))[: rows * columns]
        seen = np.outer(state.examination.rows[:rows], state.examination.columns[:columns]).ravel()
        positions = sorted(
            np.argsort(-seen, kind="stable")[: len(order)].tolist(), key=lambda index: -seen[index]
        )
        page: list[list[int]] = [[] for _ in range(rows)]
        for position, title in zip(positions, order, strict=True):
            page[position // columns].append(title)
        return Grid.of([""] * rows, [np.array(row, dtype=np.int64) for row in page])

    def _rows(self, grid: Grid) -> tuple[ShownRow, ...]:
        return tuple(
            ShownRow(
                tuple(
                    self._titles.catalog[title].title_id
                    for title in grid.title[grid.row == row].tolist()
                )
            )
            for row in range(len(grid.kinds))
        )
