"""From scores to lists: the best k, without what was seen; ties go to the smaller number, so that
equal scores give equal lists.
"""

from collections.abc import Sequence

import numpy as np

from shared.models.port import Query, Scorer, Scores, Vectors
from shared.vocabulary import UNKNOWN, Numbers, Vocabulary

NEVER = np.float32(-np.inf)


def top_k(scores: Scores, k: int) -> tuple[Numbers, Scores]:
    """int32[batch, k] columns and float32[batch, k] scores, best first; −inf marks places that
    nothing may take.
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
    """A copy of the scores where every title in a query's history is −inf."""
    column = {
        number: place
        for place, number in enumerate(
            range(len(vocabulary)) if candidates is None else candidates.tolist()
        )
    }
    allowed = scores.copy()
    for row, query in enumerate(queries):
        known = (vocabulary.number(entry.title_id) for entry in query.history)
        seen = [column[number] for number in known if number != UNKNOWN and number in column]
        allowed[row, seen] = NEVER
    return allowed


def recommend(model: Scorer, queries: Sequence[Query], k: int) -> tuple[Numbers, Scores]:
    """The model's best k unseen titles of each query, as numbers of its vocabulary with scores."""
    return top_k(exclude_seen(model.score(queries), queries, model.vocabulary), k)


def nearest(vectors: Vectors, number: int, k: int) -> tuple[Numbers, Scores]:
    """Up to `k` numbers by cosine to one vector, best first, without itself; vectors of length 0
    are near to nothing.
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
    """As a stable full sort, at the price of a selection: everything equal to the kth score is
    sorted too.
    """
    kth = -np.partition(-scores, k - 1, axis=1)[:, k - 1]
    order = np.empty((len(scores), k), np.int32)
    for row, (values, floor) in enumerate(zip(scores, kth, strict=True)):
        places = np.flatnonzero(values >= floor)
        order[row] = places[np.argsort(-values[places], kind="stable")[:k]]
    return order
