"""The mapping between external title ids and the int32 numbers of one artifact."""

from collections.abc import Iterable, Sequence
from typing import Final

import numpy as np
import numpy.typing as npt

from shared.ids import TitleId

Numbers = npt.NDArray[np.int32]
Floats = npt.NDArray[np.float32]
Mask = npt.NDArray[np.bool_]
UNKNOWN: Final = -1
"""The number of a title that is not in the vocabulary."""


class Vocabulary:
    """Title ids in a fixed order; the number of a title is its position.

    Immutable. Vocabularies are equal if their ids and order are equal.

    Raises:
        ValueError: a title id occurs twice.
    """

    def __init__(self, title_ids: Iterable[TitleId]) -> None:
        self.title_ids: tuple[TitleId, ...] = tuple(title_ids)
        self._number = {title_id: number for number, title_id in enumerate(self.title_ids)}
        if len(self._number) != len(self.title_ids):
            raise ValueError("a title id occurs twice in the vocabulary")

    def __len__(self) -> int:
        return len(self.title_ids)

    def __contains__(self, title_id: object) -> bool:
        return title_id in self._number

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Vocabulary) and self.title_ids == other.title_ids

    def __hash__(self) -> int:
        return hash(self.title_ids)

    def number(self, title_id: TitleId) -> int:
        """The number of the title, or UNKNOWN (−1)."""
        return self._number.get(title_id, UNKNOWN)

    def numbers(self, title_ids: Iterable[TitleId]) -> Numbers:
        """The numbers of the titles, in the given order; unknown titles are left out."""
        numbers = (self._number.get(title_id, UNKNOWN) for title_id in title_ids)
        return np.fromiter((number for number in numbers if number != UNKNOWN), dtype=np.int32)

    def ids(self, numbers: Sequence[int] | Numbers) -> list[TitleId]:
        """The title ids of the numbers, in the given order."""
        return [self.title_ids[number] for number in numbers]
