"""The catalog as arrays, in the order of the generation's vocabulary: genres, launches, and what a
profile may be shown.
"""

from collections.abc import Sequence
from functools import cached_property, lru_cache

import numpy as np
import numpy.typing as npt

from shared.catalog.catalog import is_launched, is_licensed, maturity_of
from shared.catalog.titles import Title
from shared.clock import DAY_MS
from shared.vocabulary import Vocabulary

Mask = npt.NDArray[np.bool_]


class CatalogArrays:
    """Titles by number, as they stand at one moment."""

    def __init__(self, titles: Sequence[Title], now_ms: int) -> None:
        self.titles = tuple(titles)
        self.now_ms = now_ms
        self.vocabulary = Vocabulary(title.title_id for title in titles)
        self.genres = tuple(sorted({genre for title in titles for genre in title.genres}))
        self._maturity = np.array([maturity_of(title) for title in titles], np.int16)
        self._launch_ms = np.array([title.launch_ms for title in titles], np.int64)
        self.showable = lru_cache(maxsize=1024)(self._showable)

    def __len__(self) -> int:
        return len(self.titles)

    @cached_property
    def membership(self) -> npt.NDArray[np.float32]:
        """float32[titles, genres]: 1 where the title is of the genre."""
        column = {genre: place for place, genre in enumerate(self.genres)}
        matrix = np.zeros((len(self.titles), len(self.genres)), np.float32)
        for row, title in enumerate(self.titles):
            matrix[row, [column[genre] for genre in title.genres]] = 1
        return matrix

    def launched_within(self, days: int) -> Mask:
        """The titles launched in the last so many days."""
        age_ms = self.now_ms - self._launch_ms
        return (age_ms >= 0) & (age_ms <= days * DAY_MS)

    def _showable(self, ceiling: int | None, country: str | None) -> Mask:
        """What may be shown now under a ceiling and in a country, as far as they are known; the
        page asks again, more strictly.
        """
        licensed = [
            is_launched(title, self.now_ms)
            and (
                any(_covers_now(title, self.now_ms))
                if country is None
                else is_licensed(title, country, self.now_ms)
            )
            for title in self.titles
        ]
        allowed = np.array(licensed, np.bool_)
        return allowed if ceiling is None else allowed & (self._maturity <= ceiling)


def _covers_now(title: Title, now_ms: int) -> list[bool]:
    return [is_licensed(title, window.country, now_ms) for window in title.windows]
