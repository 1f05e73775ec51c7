"""Histories and the weights of their entries, by share watched and by age.

They are the same in training and in serving.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from typing import Final

import numpy as np
import numpy.typing as npt
from scipy.sparse import csr_matrix

from shared.clock import DAY_MS
from shared.ids import TitleId
from shared.models.port import HistoryEntry, Query
from shared.rules.watching import QUALIFIED_FRACTION
from shared.vocabulary import UNKNOWN, Vocabulary

# A guess, to be learned: a viewing below this share of the runtime counts for nothing.
FRACTION_FLOOR: Final = 0.05

Weights = npt.NDArray[np.float32]


def strength(fraction: npt.ArrayLike) -> Weights:
    """float32, 0..1: how much a watched share of the runtime counts as liking.

    0 below FRACTION_FLOOR, 1 from QUALIFIED_FRACTION on, linear in between.
    """
    shares = np.asarray(fraction, np.float32)
    return np.where(
        shares < np.float32(FRACTION_FLOOR),
        np.float32(0),
        np.minimum(shares / np.float32(QUALIFIED_FRACTION), np.float32(1)),
    )


def history_from_viewings(viewings: Iterable[HistoryEntry]) -> tuple[HistoryEntry, ...]:
    """One entry per title from viewings in order of time: the last one, with the greatest fraction.

    Entries are in order of their last viewing.
    """
    latest: dict[TitleId, HistoryEntry] = {}
    for viewing in viewings:
        previous = latest.pop(viewing.title_id, viewing)
        latest[viewing.title_id] = (
            viewing
            if previous.fraction <= viewing.fraction
            else replace(viewing, fraction=previous.fraction)
        )
    return tuple(latest.values())


@dataclass(frozen=True)
class HistoryWeighting:
    """How the weight of a history entry falls with its age; by default it does not."""

    half_life_days: float | None = None
    """Age at which an entry counts half; None for no decay by time."""
    step_decay: float = 1.0
    """Factor on an entry for each later entry, for data with unreliable times."""


NO_DECAY: Final = HistoryWeighting()


def history_matrix(
    queries: Sequence[Query], vocabulary: Vocabulary, weighting: HistoryWeighting = NO_DECAY
) -> csr_matrix:
    """float32[batch, titles]: the weight of each title in each query's history.

    Titles outside the vocabulary are left out. A title that occurs twice in a history counts once,
    by its latest entry.
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
    for entry, liking in zip(reversed(query.history), reversed(strengths), strict=True):
        number = vocabulary.number(entry.title_id)
        if number == UNKNOWN or number in weights or liking <= 0:
            continue
        age_ms = query.context.now_ms - entry.time_ms
        weights[number] = liking * step * _decay(age_ms, weighting.half_life_days)
        step *= weighting.step_decay
    return weights


def _decay(age_ms: int, half_life_days: float | None) -> float:
    return 1.0 if half_life_days is None else 0.5 ** (max(age_ms, 0) / (half_life_days * DAY_MS))
