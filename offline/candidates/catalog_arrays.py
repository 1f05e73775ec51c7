"""The catalog as arrays by title number: genres, new titles and allowed titles."""

from collections.abc import Sequence
from functools import cached_property, lru_cache

import numpy as np
import numpy.typing as npt

from shared.catalog.catalog import is_launched, is_licensed, maturity_of
from shared.catalog.titles import Title
from shared.rules.watching import is_new
from shared.vocabulary import Numbers, Vocabulary

Mask = npt.NDArray[np.bool_]


class CatalogArrays:
    """The titles of a generation at one time, in the order of the generation's vocabulary."""

    def __init__(self, titles: Sequence[Title], now_ms: int) -> None:
        self.titles = tuple(titles)
        self.now_ms = now_ms
        self.vocabulary = Vocabulary(title.title_id for title in titles)
        self.genres = tuple(sorted({genre for title in titles for genre in title.genres}))
        self._maturity = np.array([maturity_of(title) for title in titles], np.int16)
        self.allowed = lru_cache(maxsize=1024)(self._allowed)

    def __len__(self) -> int:
        return len(self.titles)

    @cached_property
    def genre_numbers(self) -> list[Numbers]:
        """The genres of each title, as positions in `genres`."""
        return [np.flatnonzero(row).astype(np.int32) for row in self.membership]

    @cached_property
    def membership(self) -> npt.NDArray[np.float32]:
        """float32[titles, genres]: 1 where the title has the genre."""
        columns = {genre: column for column, genre in enumerate(self.genres)}
        matrix = np.zeros((len(self.titles), len(self.genres)), np.float32)
        for row, title in enumerate(self.titles):
            matrix[row, [columns[genre] for genre in title.genres]] = 1
        return matrix

    @cached_property
    def new(self) -> Mask:
        """bool[titles]: the titles that were launched recently."""
        return np.array([is_new(title.launch_ms, self.now_ms) for title in self.titles], np.bool_)

    def _allowed(self, ceiling: int | None, country: str | None) -> Mask:
        """Return bool[titles]: the titles that may be shown under a ceiling and in a country.

        An unknown ceiling or country (None) excludes nothing: the page applies its own, stricter
        filters.
        """
        licensed = [
            is_launched(title, self.now_ms) and self._is_licensed(title, country)
            for title in self.titles
        ]
        allowed = np.array(licensed, np.bool_)
        return allowed if ceiling is None else allowed & (self._maturity <= ceiling)

    def _is_licensed(self, title: Title, country: str | None) -> bool:
        if country is not None:
            return is_licensed(title, country, self.now_ms)
        return any(is_licensed(title, window.country, self.now_ms) for window in title.windows)
