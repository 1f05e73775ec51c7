"""Metrics of catalog use, and of the diversity of recommendation lists."""

import numpy as np
import numpy.typing as npt
from scipy.sparse import csr_matrix

Values = npt.NDArray[np.float64]
Lists = npt.NDArray[np.int32]


def coverage(lists: Lists, titles: int) -> float:
    """Share of the catalog's titles that are in at least one list."""
    return len(np.unique(lists)) / titles


def gini(amounts: npt.ArrayLike) -> float:
    """Gini coefficient: 0 for equal amounts, close to 1 if one title has everything.

    0 if all amounts are 0.
    """
    ordered = np.sort(np.asarray(amounts, np.float64))
    total = float(ordered.sum())
    if total == 0:
        return 0.0
    n = len(ordered)
    return float((2 * np.arange(1, n + 1) - n - 1) @ ordered / (n * total))


def effective_catalog_size(amounts: npt.ArrayLike) -> float:
    """2·Σ pᵢ·i − 1, with the shares p in descending order: 1 for one title, N for N equal shares.

    0 if all amounts are 0.
    """
    ordered = np.sort(np.asarray(amounts, np.float64))[::-1]
    total = float(ordered.sum())
    return float(2 * (ordered / total) @ np.arange(1, len(ordered) + 1) - 1) if total > 0 else 0.0


def novelty(lists: Lists, plays: npt.ArrayLike) -> Values:
    """float64[lists]: mean of −log₂ p over the titles of a list, p being a title's share of plays.

    A title without plays counts as half a play.
    """
    counts = np.maximum(np.asarray(plays, np.float64), 0.5)
    surprise: Values = -np.log2(counts / counts.sum())
    return np.asarray(surprise[lists].mean(axis=1), np.float64)


def intra_list_distance(lists: Lists, features: csr_matrix) -> Values:
    """float64[lists]: mean of 1 − cosine over all pairs of titles in a list; 0 for one title.

    A title without features has the distance 1 to all others.
    """
    lengths = np.sqrt(np.asarray(features.multiply(features).sum(axis=1), np.float64)).ravel()
    lengths[lengths == 0] = np.inf
    k = lists.shape[1]
    if k < 2:
        return np.zeros(len(lists))
    distances = np.empty(len(lists))
    for row, numbers in enumerate(lists):
        unit = features[numbers].toarray() / lengths[numbers, None]
        cosines = unit @ unit.T
        distances[row] = 1 - (cosines.sum() - np.trace(cosines)) / (k * (k - 1))
    return distances
