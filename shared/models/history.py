"""How a model reads a history: which entries it knows, how strongly each counts, how long ago it
was; alike in training and serving.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np
import numpy.typing as npt
from scipy.sparse import csr_matrix

from shared.clock import DAY_MS
from shared.models.port import Query
from shared.rules.watching import QUALIFIED_FRACTION
from shared.vocabulary import UNKNOWN, Vocabulary

# A guess, to be learned: a viewing below this share of the runtime counts for nothing.
FRACTION_FLOOR: Final = 0.05

Weights = npt.NDArray[np.float32]


def strength(fraction: npt.ArrayLike) -> Weights:
    """float32, 0..1: how much of a liking a watched share of the runtime is; 0 below the floor."""
    shares = np.asarray(fraction, np.float32)
    return np.where(
        shares < np.float32(FRACTION_FLOOR),
        np.float32(0),
        np.minimum(shares / np.float32(QUALIFIED_FRACTION), np.float32(1)),
    )


@dataclass(frozen=True)
class HistoryWeighting:
    """How an entry weakens with age; the default reads a history as a set, where age does not
    matter.
    """

    half_life_days: float | None = None
    """An entry counts half after so many days."""
    step_decay: float = 1.0
    """Each later entry weakens an earlier one by this factor: an age counted in viewings, for data
    without honest times.
    """


SET = HistoryWeighting()


def history_matrix(
    queries: Sequence[Query], vocabulary: Vocabulary, weighting: HistoryWeighting = SET
) -> csr_matrix:
    """float32[batch, titles]: each query's known entries by strength and age.

    Unknown titles are left out. A title that stands twice in a history counts once, by its latest
    entry.
    """
    indptr: list[int] = [0]
    indices: list[int] = []
    values: list[float] = []
    for query in queries:
        row = _weights(query, vocabulary, weighting)
        indices.extend(sorted(row))
        values.extend(row[number] for number in sorted(row))
        indptr.append(len(indices))
    return csr_matrix(
        (
            np.asarray(values, np.float32),
            np.asarray(indices, np.int32),
            np.asarray(indptr, np.int32),
        ),
        shape=(len(queries), len(vocabulary)),
    )


def _weights(query: Query, vocabulary: Vocabulary, weighting: HistoryWeighting) -> dict[int, float]:
    weights: dict[int, float] = {}
    strengths = strength([entry.fraction for entry in query.history]).tolist()
    step = 1.0
    for entry, liked in zip(reversed(query.history), reversed(strengths), strict=True):
        number = vocabulary.number(entry.title_id)
        if number == UNKNOWN or number in weights or liked <= 0:
            continue
        weights[number] = (
            liked * step * _faded(query.context.now_ms - entry.time_ms, weighting.half_life_days)
        )
        step *= weighting.step_decay
    return weights


def _faded(age_ms: int, half_life_days: float | None) -> float:
    return 1.0 if half_life_days is None else 0.5 ** (max(age_ms, 0) / (half_life_days * DAY_MS))
