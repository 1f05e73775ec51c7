"""The policy that served the pages of the history: popularity with noise and known propensities."""

import math
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from infra.world.behavior import BILLBOARD, Grid
from infra.world.catalog.titles import Flags, Titles
from infra.world.memory import Memory, is_resumable
from infra.world.names import GENRES
from infra.world.profiles import SimulatedProfile
from infra.world.settings import PolicySettings
from shared.events.exposures import PageServed, ServedRow, ServedTile
from shared.ids import PageId

SOURCE = "logging_policy"
CONTINUE = "continue_watching"
# A guess: the minimum number of tiles of a row.
_MIN_ROW = 3


@dataclass(frozen=True)
class LoggedPage:
    """A page and the propensity of each tile, NaN for a tile that was not drawn."""

    grid: Grid
    propensity: npt.NDArray[np.float64]


class LoggingPolicy:
    """Draws rows by Plackett–Luce: each tile from the remaining titles, in proportion to weight.

    A tile's propensity is conditional on the tiles before it in reading order. The product over a
    row's tiles is the probability of the row. Weights depend on the plays of the days before the
    current one, so there is a feedback loop.
    """

    def __init__(self, settings: PolicySettings, titles: Titles) -> None:
        self._settings = settings
        self._titles = titles
        self._plays = titles.popularity.astype(np.float64) * settings.prior_plays
        self._today = np.zeros(len(titles))
        self._weights = self._compute_weights()

    def count_play(self, title: int) -> None:
        """Count a play; it changes the weights from the next day on."""
        self._today[title] += 1

    def end_day(self) -> None:
        """Add the day's plays to the popularity."""
        self._plays = self._plays * 0.5 ** (1 / self._settings.half_life_days) + self._today
        self._today = np.zeros(len(self._titles))
        self._weights = self._compute_weights()

    def _compute_weights(self) -> npt.NDArray[np.float64]:
        return (self._plays + self._settings.floor_plays) ** self._settings.sharpness

    def page(
        self, profile: SimulatedProfile, memory: Memory, now_ms: int, rng: np.random.Generator
    ) -> LoggedPage:
        """Draw a page; a row with too few eligible titles is left out."""
        titles, columns = self._titles, self._settings.columns
        remaining = titles.eligible(profile.country, profile.ceiling, now_ms)
        any_title = np.ones(len(titles), dtype=bool)
        page = _PageDraft(remaining, rng)
        page.draw_row(BILLBOARD, any_title, 1, self._weights)
        page.add_row(CONTINUE, self._resumable(memory, remaining, now_ms))
        page.draw_row("popular", any_title, columns, self._weights)
        page.draw_row("new", titles.new(now_ms), columns, np.sqrt(self._weights))
        for genre in rng.choice(len(GENRES), size=self._settings.genre_rows, replace=False):
            kind = f"genre:{GENRES[genre].name}"
            page.draw_row(kind, titles.genres[genre], columns, self._weights)
        page.draw_row("explore", any_title, columns, np.ones(len(titles)))
        return page.logged_page()

    def _resumable(self, memory: Memory, allowed: Flags, now_ms: int) -> npt.NDArray[np.int64]:
        """The titles to continue watching, last played first.

        The policy depends on plays only, because satisfaction is hidden from it.
        """
        resumable = [
            title
            for title, progress in memory.progress.items()
            if allowed[title] and is_resumable(progress, self._titles.playable[title], now_ms)
        ]
        resumable.sort(key=lambda title: -memory.progress[title].last_ms)
        return np.array(resumable[: self._settings.continue_tiles], dtype=np.int64)

    def tokens(self, page: LoggedPage) -> tuple[str | None, ...]:
        """Per tile, its token; None for a tile that was not drawn."""
        name = self._settings.name
        return tuple(
            None if math.isnan(propensity) else f"{name}:{propensity:.4g}"
            for propensity in page.propensity.tolist()
        )

    def served(
        self, page_id: PageId, page: LoggedPage, tokens: tuple[str | None, ...]
    ) -> PageServed:
        """The `page.served` event of a page."""
        grid, name = page.grid, self._settings.name
        tiles = [
            self._served_tile(title, token)
            for title, token in zip(grid.title.tolist(), tokens, strict=True)
        ]
        ends = np.cumsum(np.bincount(grid.row, minlength=len(grid.kinds))).tolist()
        rows = tuple(
            ServedRow(kind, SOURCE, name, tuple(tiles[start:end]))
            for kind, start, end in zip(grid.kinds, [0, *ends[:-1]], ends, strict=True)
        )
        return PageServed(page_id=page_id, policy=name, rows=rows)

    def _served_tile(self, title: int, token: str | None) -> ServedTile:
        title_id = self._titles.catalog[title].title_id
        if token is None:
            return ServedTile(title_id)
        # The logged propensity is the rounded one of the token, so both are the same number.
        propensity = float(token.removeprefix(f"{self._settings.name}:"))
        return ServedTile(title_id, propensity, token)


class _PageDraft:
    """The rows of a page while it is drawn; a title of one row is not in any later row."""

    def __init__(self, remaining: Flags, rng: np.random.Generator) -> None:
        self._remaining = remaining
        self._rng = rng
        self._kinds: list[str] = []
        self._rows: list[npt.NDArray[np.int64]] = []
        self._propensities: list[npt.NDArray[np.float64]] = []

    def draw_row(
        self, kind: str, pool: Flags, columns: int, weights: npt.NDArray[np.float64]
    ) -> None:
        """Draw a row; leave it out when fewer than three titles (or `columns`) remain."""
        candidates = np.flatnonzero(pool & self._remaining)
        titles, propensity = draw(weights, candidates, columns, self._rng)
        if len(titles) >= min(columns, _MIN_ROW):
            self._append(kind, titles, propensity)

    def add_row(self, kind: str, titles: npt.NDArray[np.int64]) -> None:
        """Add a row without a random draw; leave it out when it is empty."""
        if len(titles):
            self._append(kind, titles, np.full(len(titles), np.nan))

    def logged_page(self) -> LoggedPage:
        """The page of all rows so far."""
        propensity = np.concatenate([*self._propensities, np.empty(0)])
        return LoggedPage(Grid.of(self._kinds, self._rows), propensity)

    def _append(
        self, kind: str, titles: npt.NDArray[np.int64], propensity: npt.NDArray[np.float64]
    ) -> None:
        self._remaining[titles] = False
        self._kinds.append(kind)
        self._rows.append(titles)
        self._propensities.append(propensity)


def draw(
    weights: npt.NDArray[np.float64],
    pool: npt.NDArray[np.int64],
    count: int,
    rng: np.random.Generator,
) -> tuple[npt.NDArray[np.int64], npt.NDArray[np.float64]]:
    """Draw `count` members of `pool` (all, if fewer) in sequence, with the propensity of each draw.

    The k smallest of exponential variables with rates equal to the weights are such a sequence
    (Plackett–Luce), which needs no loop.
    """
    count = min(count, len(pool))
    if count == 0:
        return np.empty(0, dtype=np.int64), np.empty(0)
    pool_weights = weights[pool]
    times = rng.standard_exponential(len(pool)) / pool_weights
    order = np.argpartition(times, count - 1)[:count]
    order = order[np.argsort(times[order], kind="stable")]
    drawn = pool_weights[order]
    remaining = pool_weights.sum() - np.concatenate([[0.0], np.cumsum(drawn)[:-1]])
    return pool[order], np.minimum(drawn / remaining, 1.0)
