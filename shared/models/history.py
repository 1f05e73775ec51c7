"""How a model reads a history: which entries it knows, how strongly each counts, how long ago it was; alike in training and serving."""

from collections.abc import Sequence
from typing import Final

import numpy as np
import numpy.typing as npt
from scipy.sparse import csr_matrix

from shared.features.context import DAY_MS
from shared.models.port import Query
from shared.vocabulary import UNKNOWN, Vocabulary

# Less than this share of a title says the member turned away, and it counts for nothing; from FULL_FRACTION on it counts in full.
FRACTION_FLOOR: Final = 0.05
FULL_FRACTION: Final = 0.7

Weights = npt.NDArray[np.float32]


def strength(fraction: npt.ArrayLike) -> Weights:
    """float32, 0..1: how much of a liking a watched share of the runtime is; 0 below the floor."""
    shares = np.asarray(fraction, np.float32)
    return np.where(shares < np.float32(FRACTION_FLOOR), np.float32(0), np.minimum(shares / np.float32(FULL_FRACTION), np.float32(1)))


def history_matrix(queries: Sequence[Query], vocabulary: Vocabulary, half_life_days: float | None = None) -> csr_matrix:
    """float32[batch, titles]: each query's known entries by strength, halved for every `half_life_days` of age when given.

    Unknown titles are left out. A title that stands twice in a history counts once, by its latest entry.
    """
    indptr: list[int] = [0]
    indices: list[int] = []
    values: list[float] = []
    for query in queries:
        latest: dict[int, float] = {}
        for entry in query.history:
            number = vocabulary.number(entry.title_id)
            if number != UNKNOWN:
                latest[number] = float(strength(entry.fraction)) * decay(query.context.now_ms - entry.time_ms, half_life_days)
        known = sorted((number, value) for number, value in latest.items() if value > 0)
        indices.extend(number for number, _ in known)
        values.extend(value for _, value in known)
        indptr.append(len(indices))
    return csr_matrix(
        (np.asarray(values, np.float32), np.asarray(indices, np.int32), np.asarray(indptr, np.int64)), shape=(len(queries), len(vocabulary))
    )


def decay(age_ms: int, half_life_days: float | None) -> float:
    """The factor, 0..1, by which age weakens an entry; 1 without a half-life, and for entries from the future."""
    return 1.0 if half_life_days is None else 0.5 ** (max(age_ms, 0) / (half_life_days * DAY_MS))
