"""Metrics of ranked lists, one value per query; a query without anything relevant has no value
(NaN), and callers leave it out.

`hits` is bool[queries, depth]: whether what stands at each rank, best first, is relevant.
`relevant` is int[queries]: how many relevant titles there are in all, found or not.
"""

import numpy as np
import numpy.typing as npt

Hits = npt.NDArray[np.bool_]
Counts = npt.NDArray[np.integer]
Values = npt.NDArray[np.float64]


def precision(hits: Hits, k: int) -> Values:
    """Share of the first k places that are relevant; a list shorter than k is as if filled up with
    misses.
    """
    return np.asarray(hits[:, :k].sum(axis=1) / k, np.float64)


def recall(hits: Hits, relevant: Counts, k: int) -> Values:
    """Share of what is relevant that stands in the first k places."""
    return _ratio(hits[:, :k].sum(axis=1), relevant)


def truncated_recall(hits: Hits, relevant: Counts, k: int) -> Values:
    """As recall, divided by min(k, relevant), so that 1 can be reached (Liang et al. 2018)."""
    return _ratio(hits[:, :k].sum(axis=1), np.minimum(relevant, k))


def f1(hits: Hits, relevant: Counts, k: int) -> Values:
    """Harmonic mean of precision and recall at k: 2 × found / (k + relevant)."""
    return np.where(relevant > 0, 2 * hits[:, :k].sum(axis=1) / (k + relevant), np.nan)


def average_precision(hits: Hits, relevant: Counts, k: int) -> Values:
    """Mean, over relevant titles (at most k of them), of the precision at the rank where each
    stands.
    """
    first = hits[:, :k]
    at_rank = first.cumsum(axis=1) / np.arange(1, first.shape[1] + 1)
    return _ratio((at_rank * first).sum(axis=1), np.minimum(relevant, k))


def ndcg(hits: Hits, relevant: Counts, k: int) -> Values:
    """Σ hit / log₂(rank + 1) over the first k places, divided by the most it could be with min(k,
    relevant) hits.
    """
    discount = 1 / np.log2(np.arange(2, k + 2))
    first = hits[:, :k]
    ideal = np.concatenate([[0.0], discount.cumsum()])[np.minimum(relevant, k)]
    return _ratio((first * discount[: first.shape[1]]).sum(axis=1), ideal)


def reciprocal_rank(hits: Hits, relevant: Counts, k: int) -> Values:
    """1 / rank of the first hit among the first k places, 0 without one."""
    first = hits[:, :k]
    ranks = first.argmax(axis=1) + 1
    return np.where(relevant > 0, first.any(axis=1) / ranks, np.nan)


def auc(scores: npt.NDArray[np.floating], labels: npt.NDArray[np.bool_]) -> float:
    """Chance that a relevant entry scores above an irrelevant one, ties counting half; NaN without
    both kinds.
    """
    positives, negatives = scores[labels], np.sort(scores[~labels])
    if not len(positives) or not len(negatives):
        return float("nan")
    below = np.searchsorted(negatives, positives, side="left")
    not_above = np.searchsorted(negatives, positives, side="right")
    return float((below + not_above).mean() / (2 * len(negatives)))


def _ratio(value: npt.NDArray[np.number], of: npt.NDArray[np.number]) -> Values:
    shares: Values = np.divide(value, of, out=np.full(len(of), np.nan), where=of > 0)
    return shares
