"""How broadly a catalog is used, and how unlike the titles of one list are."""

import numpy as np
import numpy.typing as npt
from scipy.sparse import csr_matrix

Values = npt.NDArray[np.float64]
Lists = npt.NDArray[np.int32]


def coverage(lists: Lists, titles: int) -> float:
    """Share of the catalog that stands in at least one list."""
    return len(np.unique(lists)) / titles


def gini(amounts: npt.ArrayLike) -> float:
    """0 when all titles get the same, towards 1 when one gets everything; 0 when there is nothing
    to share.
    """
    ordered = np.sort(np.asarray(amounts, np.float64))
    total = float(ordered.sum())
    if total == 0:
        return 0.0
    n = len(ordered)
    return float((2 * np.arange(1, n + 1) - n - 1) @ ordered / (n * total))


def effective_catalog_size(amounts: npt.ArrayLike) -> float:
    """How many titles the use spreads over: 2·Σ pᵢ·i − 1 with shares p from the largest on; 1 for
    one title, N when all N are alike.
    """
    ordered = np.sort(np.asarray(amounts, np.float64))[::-1]
    total = float(ordered.sum())
    return float(2 * (ordered / total) @ np.arange(1, len(ordered) + 1) - 1) if total > 0 else 0.0


def novelty(lists: Lists, plays: npt.ArrayLike) -> Values:
    """float64[lists]: mean surprise −log₂ p of a list's titles, p a title's share of all plays;
    never played counts as half a play.
    """
    counts = np.maximum(np.asarray(plays, np.float64), 0.5)
    surprise: Values = -np.log2(counts / counts.sum())
    return np.asarray(surprise[lists].mean(axis=1), np.float64)


def intra_list_distance(lists: Lists, features: csr_matrix) -> Values:
    """float64[lists]: mean of 1 − cosine over all pairs of a list; a title without features is
    unlike everything; 0 for one title.
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
