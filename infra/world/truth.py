"""What labs and tests may know and no tier may: how likely people really are to take, to enjoy, to
get good plays from a page.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from infra.world.behavior import Behavior, Examination, Grid, Outlook, VisitContext, taken_first
from infra.world.history import Cast
from infra.world.profiles import Memory, Profile
from infra.world.titles import Titles
from shared.ids import ProfileId, TitleId

Probabilities = npt.NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class PageRow:
    """One row of a page as the truth judges it: its titles, its kind (only `billboard` matters, on
    top), the pictures shown.
    """

    title_ids: tuple[TitleId, ...]
    kind: str = ""
    artwork_ids: tuple[str | None, ...] = ()


Page = Sequence[PageRow]


def page_of_answer(answer: Mapping[str, object]) -> tuple[PageRow, ...]:
    """The page in an answer of the page API (decoded JSON)."""
    rows = answer["rows"]
    if not isinstance(rows, list):
        raise TypeError("a page's rows are a list")
    return tuple(
        PageRow(
            title_ids=tuple(TitleId(tile["title_id"]) for tile in row["tiles"]),
            kind=row["kind"],
            artwork_ids=tuple(tile.get("artwork") for tile in row["tiles"]),
        )
        for row in rows
    )


def page_of_list(title_ids: Sequence[TitleId], columns: int) -> tuple[PageRow, ...]:
    """A ranked list laid out as rows of `columns`, best first."""
    return tuple(
        PageRow(tuple(title_ids[start : start + columns]))
        for start in range(0, len(title_ids), columns)
    )


@dataclass(frozen=True, slots=True)
class _Moment:
    """A profile in a context, worked out once."""

    profile: Profile
    memory: Memory
    outlook: Outlook
    examination: Examination
    wanted: dict[int, float]
    goes_on: float


class Truth:
    """Exact answers, without sampling: two pages compared here are compared on common random
    numbers by construction.

    Answers are about people as they are when they are asked: a profile's memory (what is
    unfinished, what was shown in vain) moves with the history and with every live visit. Nothing
    here changes it.
    """

    def __init__(self, titles: Titles, cast: Cast, behavior: Behavior) -> None:
        self._titles = titles
        self._cast = cast
        self._behavior = behavior
        self._number = {profile.profile_id: profile.number for profile in cast.profiles}

    def take_probability(
        self, profile: ProfileId, titles: Sequence[TitleId], context: VisitContext
    ) -> Probabilities:
        """P(taken | seen) by a visitor who came to discover; 0 for a title that this world does not
        hold.
        """
        moment = self._moment(profile, context)
        grid = Grid.of([""], [self._numbers(titles)])
        take: Probabilities = self._behavior.take_probability(
            moment.profile, moment.outlook, grid, context.now_ms
        ).astype(np.float64)
        return take

    def satisfaction_probability(
        self, profile: ProfileId, titles: Sequence[TitleId], context: VisitContext
    ) -> Probabilities:
        """P(satisfied | played); 0 for a title that this world does not hold."""
        moment = self._moment(profile, context)
        return self._satisfaction(moment, self._numbers(titles))

    def examination(self, device: str) -> tuple[Probabilities, Probabilities]:
        """(P(row m reached), P(column n seen | row reached)) for average patience."""
        examination = self._behavior.examination(device)
        return examination.rows.astype(np.float64), examination.columns.astype(np.float64)

    def eligible(self, profile: ProfileId, now_ms: int) -> list[TitleId]:
        """Every title that the profile may be shown."""
        person = self._cast.profiles[self._number[profile]]
        return [
            self._titles.catalog[n].title_id
            for n in np.flatnonzero(self._titles.eligible(person.country, person.ceiling, now_ms))
        ]

    def expected_good_plays(self, profile: ProfileId, page: Page, context: VisitContext) -> float:
        """The exact expectation of satisfied plays from this page in one visit; what is found by
        search does not count.

        A visit that begins with a search takes nothing from the page; one that means to go on with
        something takes it where eyes meet it; any other takes the first tile that is seen and
        wanted.
        """
        return self._value(self._moment(profile, context), self._grid(page), context)

    def best_page(
        self, profile: ProfileId, rows: int, columns: int, context: VisitContext
    ) -> tuple[PageRow, ...]:
        """A page of eligible titles that is close to the best: greedy, so a bound that pages should
        not beat by much.

        Places are filled in the order in which eyes meet them, with titles by P(taken) ×
        (P(satisfied) − value of going on looking): a tile that is taken ends the visit, so it must
        be worth more than what stands behind it.
        """
        moment = self._moment(profile, context)
        allowed = np.flatnonzero(
            self._titles.eligible(moment.profile.country, moment.profile.ceiling, context.now_ms)
        )
        flat = Grid.of([""], [allowed])
        take = self._behavior.take_probability(
            moment.profile, moment.outlook, flat, context.now_ms
        ).astype(np.float64)
        good = self._satisfaction(moment, allowed)
        best, best_value = (
            self._pack(moment, allowed[np.argsort(-take * good, kind="stable")], rows, columns),
            -1.0,
        )
        price = 0.0
        for _ in range(4):
            grid = self._pack(
                moment, allowed[np.argsort(-take * (good - price), kind="stable")], rows, columns
            )
            value = self._value(moment, grid, context)
            if value > best_value:
                best, best_value = grid, value
            price = 0.5 * (price + self._browsing_value(moment, grid, context))
        return self._rows(best)

    def _moment(self, profile: ProfileId, context: VisitContext) -> _Moment:
        number = self._number[profile]
        person, memory = self._cast.profiles[number], self._cast.memories[number]
        wanted = self._behavior.wanted(memory, context.now_ms)
        return _Moment(
            profile=person,
            memory=memory,
            outlook=self._behavior.outlook(person, memory, context),
            examination=self._behavior.examination(context.device, person.patience),
            wanted=wanted,
            goes_on=self._behavior.continue_probability(person, memory, wanted, context),
        )

    def _numbers(self, titles: Sequence[TitleId]) -> npt.NDArray[np.int64]:
        return np.array([self._titles.number.get(title, -1) for title in titles], dtype=np.int64)

    def _grid(self, page: Page) -> Grid:
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

    def _satisfaction(self, moment: _Moment, numbers: npt.NDArray[np.int64]) -> Probabilities:
        return np.array(
            [
                self._behavior.satisfaction(moment.outlook, moment.memory, n) if n >= 0 else 0.0
                for n in numbers.tolist()
            ]
        )

    def _value(self, moment: _Moment, grid: Grid, context: VisitContext) -> float:
        going_on = sum(
            chance * self._found(moment, grid, title) for title, chance in moment.wanted.items()
        )
        browsing = self._browsing_value(moment, grid, context)
        return float(
            (1 - moment.profile.search)
            * (moment.goes_on * going_on + (1 - moment.goes_on) * browsing)
        )

    def _found(self, moment: _Moment, grid: Grid, title: int) -> float:
        """P(eyes meet the wanted title) × P(satisfied by it)."""
        taken = self._taken(moment, grid, (grid.title == title).astype(np.float64))
        return float(taken.sum()) * self._behavior.satisfaction(
            moment.outlook, moment.memory, title
        )

    def _browsing_value(self, moment: _Moment, grid: Grid, context: VisitContext) -> float:
        take = self._behavior.take_probability(moment.profile, moment.outlook, grid, context.now_ms)
        return float(self._taken(moment, grid, take) @ self._satisfaction(moment, grid.title))

    def _taken(self, moment: _Moment, grid: Grid, take: npt.NDArray[np.floating]) -> Probabilities:
        return taken_first(
            grid, take, moment.examination.row_reach(grid), moment.examination.column_reach(grid)
        )

    def _pack(
        self, moment: _Moment, ranked: npt.NDArray[np.int64], rows: int, columns: int
    ) -> Grid:
        """The wanted titles first, then `ranked`, into the places that eyes meet most."""
        wanted = sorted(moment.wanted, key=lambda title: -moment.wanted[title])
        order = list(
            dict.fromkeys(
                [*(title for title in wanted if title in set(ranked.tolist())), *ranked.tolist()]
            )
        )[: rows * columns]
        seen = np.outer(
            moment.examination.rows[:rows], moment.examination.columns[:columns]
        ).ravel()
        page: list[list[int]] = [[] for _ in range(rows)]
        for place, title in zip(
            sorted(np.argsort(-seen, kind="stable")[: len(order)].tolist(), key=lambda p: -seen[p]),
            order,
            strict=True,
        ):
            page[place // columns].append(title)
        return Grid.of([""] * rows, [np.array(row, dtype=np.int64) for row in page])

    def _rows(self, grid: Grid) -> tuple[PageRow, ...]:
        return tuple(
            PageRow(
                tuple(
                    self._titles.catalog[title].title_id
                    for title in grid.title[grid.row == row].tolist()
                )
            )
            for row in range(len(grid.kinds))
        )
