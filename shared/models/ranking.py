"""From scores to ranked lists. Of equal scores, the smaller number comes first."""

from collections.abc import Sequence
from typing import Final

import numpy as np

from shared.models.port import Query, Scores, Vectors
from shared.vocabulary import UNKNOWN, Numbers, Vocabulary

NEVER: Final = np.float32(-np.inf)


def top_k(scores: Scores, k: int) -> tuple[Numbers, Scores]:
    """int32[batch, k] columns and float32[batch, k] scores, best first.

    A score of −inf marks the ranks without a title.
    """
    k = min(k, scores.shape[1])
    if k == 0:
        return np.empty((len(scores), 0), np.int32), np.empty((len(scores), 0), np.float32)
    order = (
        np.argsort(-scores, axis=1, kind="stable")[:, :k]
        if scores.shape[1] <= 4 * k
        else _partial_order(scores, k)
    )
    return order.astype(np.int32), np.take_along_axis(scores, order, axis=1)


def exclude_seen(
    scores: Scores,
    queries: Sequence[Query],
    vocabulary: Vocabulary,
    candidates: Numbers | None = None,
) -> Scores:
    """A copy of the scores in which every title of a query's history has −inf."""
    numbers = range(len(vocabulary)) if candidates is None else candidates.tolist()
    column = {number: position for position, number in enumerate(numbers)}
    allowed = scores.copy()
    for row, query in enumerate(queries):
        history = (vocabulary.number(entry.title_id) for entry in query.history)
        seen = [column[number] for number in history if number != UNKNOWN and number in column]
        allowed[row, seen] = NEVER
    return allowed


def nearest(vectors: Vectors, number: int, k: int) -> tuple[Numbers, Scores]:
    """Up to `k` numbers by cosine to the vector of `number`, best first, without `number` itself.

    Vectors of length 0 are near to none.
    """
    lengths = np.linalg.norm(vectors, axis=1)
    if lengths[number] == 0:
        return np.empty(0, np.int32), np.empty(0, np.float32)
    others = np.flatnonzero(lengths > 0)
    others = others[others != number]
    cosines = (vectors[others] @ vectors[number]) / (lengths[others] * lengths[number])
    best, scores = top_k(cosines[None, :], k)
    return others[best[0]].astype(np.int32), scores[0]


def _partial_order(scores: Scores, k: int) -> Numbers:
    """The first k columns of a stable sort, at the cost of a selection.

    All columns equal to the kth score are sorted, so that ties are broken as in a full sort.
    """
    kth = -np.partition(-scores, k - 1, axis=1)[:, k - 1]
    order = np.empty((len(scores), k), np.int32)
    for row, (values, floor) in enumerate(zip(scores, kth, strict=True)):
        columns = np.flatnonzero(values >= floor)
        order[row] = columns[np.argsort(-values[columns], kind="stable")[:k]]
    return order
