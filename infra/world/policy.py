"""The page that made the history: popularity with noise, every tile drawn with a probability that
is written down.
"""

import math
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from infra.world.behavior import BILLBOARD, Grid
from infra.world.names import GENRES
from infra.world.profiles import Memory, Profile
from infra.world.settings import PolicySettings
from infra.world.titles import Flags, Titles
from shared.clock import DAY_MS
from shared.events.exposures import PageServed, ServedRow, ServedTile
from shared.ids import PageId

SOURCE = "logging_policy"
CONTINUE = "continue_watching"


@dataclass(frozen=True)
class LoggedPage:
    """A page and the probabilities of its draws; `propensity` is NaN where nothing was drawn."""

    grid: Grid
    propensity: npt.NDArray[np.float64]


class LoggingPolicy:
    """Draws rows by Plackett–Luce: each tile from what is left, with probability proportional to
    its weight.

    A tile's propensity is therefore conditional on the tiles before it in reading order; the
    product over a row's tiles is the probability of the row. Weights come from the plays of all
    days before the current one, so yesterday's pages move today's.
    """

    def __init__(self, settings: PolicySettings, titles: Titles) -> None:
        self._settings = settings
        self._titles = titles
        self._plays = titles.popularity.astype(np.float64) * settings.prior_plays
        self._today = np.zeros(len(titles))
        self._weights = self._weigh()

    def played(self, title: int) -> None:
        """Count a play; it moves the weights from the next day on."""
        self._today[title] += 1

    def end_day(self) -> None:
        """Fold the day's plays into popularity."""
        self._plays = self._plays * 0.5 ** (1 / self._settings.memory_days) + self._today
        self._today = np.zeros(len(self._titles))
        self._weights = self._weigh()

    def _weigh(self) -> npt.NDArray[np.float64]:
        return (self._plays + self._settings.floor_plays) ** self._settings.sharpness

    def page(
        self, profile: Profile, memory: Memory, now_ms: int, rng: np.random.Generator
    ) -> LoggedPage:
        """A whole page; a row for which too few titles are eligible is left out."""
        left = self._titles.eligible(profile.country, profile.ceiling, now_ms)
        kinds: list[str] = []
        rows: list[npt.NDArray[np.int64]] = []
        chances: list[npt.NDArray[np.float64]] = []

        def add(kind: str, pool: Flags, columns: int, weights: npt.NDArray[np.float64]) -> None:
            drawn, chance = draw(weights, np.flatnonzero(pool & left), columns, rng)
            if len(drawn) < min(columns, 3):
                return
            left[drawn] = False
            kinds.append(kind)
            rows.append(drawn)
            chances.append(chance)

        everything = np.ones(len(self._titles), dtype=bool)
        add(BILLBOARD, everything, 1, self._weights)
        resume = self._resumable(memory, left)
        if len(resume):
            left[resume] = False
            kinds.append(CONTINUE)
            rows.append(resume)
            chances.append(np.full(len(resume), np.nan))
        columns = self._settings.columns
        add("popular", everything, columns, self._weights)
        add(
            "new",
            now_ms - self._titles.launch_ms < self._settings.new_days * DAY_MS,
            columns,
            np.sqrt(self._weights),
        )
        for genre in rng.choice(len(GENRES), size=self._settings.genre_rows, replace=False):
            add(f"genre:{GENRES[genre].name}", self._titles.genres[genre], columns, self._weights)
        add("explore", everything, columns, np.ones(len(self._titles)))
        return LoggedPage(Grid.of(kinds, rows), np.concatenate([*chances, np.empty(0)]))

    def _resumable(self, memory: Memory, allowed: Flags) -> npt.NDArray[np.int64]:
        """What the profile has begun, newest first: the row knows what was played, not what was
        liked.
        """
        begun = sorted(memory.under_way, key=lambda title: -memory.under_way[title].last_ms)
        return np.array(
            [title for title in begun if allowed[title]][: self._settings.continue_tiles],
            dtype=np.int64,
        )

    def tokens(self, page: LoggedPage) -> tuple[str | None, ...]:
        """Per tile, the opaque mark of its draw; None where nothing was drawn."""
        name = self._settings.name
        return tuple(
            None if math.isnan(chance) else f"{name}:{chance:.4g}"
            for chance in page.propensity.tolist()
        )

    def served(
        self, page_id: PageId, page: LoggedPage, tokens: tuple[str | None, ...]
    ) -> PageServed:
        """The page as the exposure log has it."""
        grid, name, catalog = page.grid, self._settings.name, self._titles.catalog
        tiles = [
            ServedTile(catalog[title].title_id)
            if token is None
            else ServedTile(catalog[title].title_id, float(token[skip:]), token)
            for skip in (len(name) + 1,)
            for title, token in zip(grid.title.tolist(), tokens, strict=True)
        ]
        ends = np.cumsum(np.bincount(grid.row, minlength=len(grid.kinds))).tolist()
        rows = tuple(
            ServedRow(kind, SOURCE, name, tuple(tiles[start:end]))
            for kind, start, end in zip(grid.kinds, [0, *ends[:-1]], ends, strict=True)
        )
        return PageServed(page_id=page_id, policy=name, rows=rows)


def draw(
    weights: npt.NDArray[np.float64],
    pool: npt.NDArray[np.int64],
    count: int,
    rng: np.random.Generator,
) -> tuple[npt.NDArray[np.int64], npt.NDArray[np.float64]]:
    """`count` members of `pool` (or all, if fewer) drawn one after another, with the probability of
    each draw.

    The k earliest of exponential clocks that run at the weights' rates are such a sequence
    (Plackett–Luce), which needs no loop.
    """
    count = min(count, len(pool))
    if count == 0:
        return np.empty(0, dtype=np.int64), np.empty(0)
    weight = weights[pool]
    rings = rng.standard_exponential(len(pool)) / weight
    first = np.argpartition(rings, count - 1)[:count]
    first = first[np.argsort(rings[first], kind="stable")]
    taken = weight[first]
    remaining = weight.sum() - np.concatenate([[0.0], np.cumsum(taken)[:-1]])
    return pool[first], np.minimum(taken / remaining, 1.0)
