"""Metrics of ranked lists, one value per query; NaN for a query without relevant titles.

`hits` is bool[queries, depth]: whether the title at each rank, best first, is relevant.
`relevant` is int[queries]: the number of relevant titles, in the list or not.
"""

import numpy as np
import numpy.typing as npt

Hits = npt.NDArray[np.bool_]
Counts = npt.NDArray[np.integer]
Values = npt.NDArray[np.float64]


def precision(hits: Hits, k: int) -> Values:
    """Share of the first k ranks that are relevant; missing ranks of a short list count as not."""
    return np.asarray(hits[:, :k].sum(axis=1) / k, np.float64)


def recall(hits: Hits, relevant: Counts, k: int) -> Values:
    """Share of the relevant titles that are in the first k ranks."""
    return _ratio(hits[:, :k].sum(axis=1), relevant)


def truncated_recall(hits: Hits, relevant: Counts, k: int) -> Values:
    """As recall, but divided by min(k, relevant), so the maximum is 1 (Liang et al. 2018)."""
    return _ratio(hits[:, :k].sum(axis=1), np.minimum(relevant, k))


def f1(hits: Hits, relevant: Counts, k: int) -> Values:
    """Harmonic mean of precision and recall at k: 2 × hits / (k + relevant)."""
    return np.where(relevant > 0, 2 * hits[:, :k].sum(axis=1) / (k + relevant), np.nan)


def average_precision(hits: Hits, relevant: Counts, k: int) -> Values:
    """Sum of the precisions at the ranks of the hits, divided by min(k, relevant)."""
    first = hits[:, :k]
    at_rank = first.cumsum(axis=1) / np.arange(1, first.shape[1] + 1)
    return _ratio((at_rank * first).sum(axis=1), np.minimum(relevant, k))


def ndcg(hits: Hits, relevant: Counts, k: int) -> Values:
    """Σ hit / log₂(rank + 1) over the first k ranks, divided by its maximum for this query.

    The maximum is that of min(k, relevant) hits at the first ranks.
    """
    discount = 1 / np.log2(np.arange(2, k + 2))
    first = hits[:, :k]
    ideal = np.concatenate([[0.0], discount.cumsum()])[np.minimum(relevant, k)]
    return _ratio((first * discount[: first.shape[1]]).sum(axis=1), ideal)


def reciprocal_rank(hits: Hits, relevant: Counts, k: int) -> Values:
    """1 / rank of the first hit in the first k ranks, 0 without a hit."""
    first = hits[:, :k]
    ranks = first.argmax(axis=1) + 1
    return np.where(relevant > 0, first.any(axis=1) / ranks, np.nan)


def auc(scores: npt.NDArray[np.floating], labels: npt.NDArray[np.bool_]) -> float:
    """Probability that a positive scores above a negative; ties count half.

    NaN without positives or without negatives.
    """
    positives, negatives = scores[labels], np.sort(scores[~labels])
    if not len(positives) or not len(negatives):
        return float("nan")
    below = np.searchsorted(negatives, positives, side="left")
    not_above = np.searchsorted(negatives, positives, side="right")
    return float((below + not_above).mean() / (2 * len(negatives)))


def _ratio(numerator: npt.NDArray[np.number], denominator: npt.NDArray[np.number]) -> Values:
    missing = np.full(len(denominator), np.nan)
    ratios: Values = np.divide(numerator, denominator, out=missing, where=denominator > 0)
    return ratios
