"""Personal rows by genre, mood and their crossings: those facets that this member's history leans
to.
"""

from collections.abc import Iterator
from typing import Final

import numpy as np

from online.page.model import MAX_RANKED_TITLES, Floats, RequestContext, Row
from online.page.sources.pick import ROW_TILES, best
from shared.records.digest import Digest
from shared.vocabulary import UNKNOWN

ROWS: Final = 36
# As many plays' worth of everybody's taste are mixed into the member's own.
PRIOR_WEIGHT: Final = 4.0
HISTORY: Final = 100
# A row with so many tiles among the best of the catalog needs no others.
ENOUGH: Final = 40


def facets(moment: RequestContext) -> Iterator[Row]:
    """The facets of highest affinity, one row each, in the order of affinity."""
    view, ordered = moment.snapshot.view, moment.ordered
    codes = np.argsort(-_affinity(moment), kind="stable")[:ROWS]
    rows, places = np.nonzero(np.take(view.membership[codes], ordered, axis=1))
    starts = np.searchsorted(rows, np.arange(len(codes) + 1)).tolist()
    for row, code in enumerate(codes.tolist()):
        numbers = ordered[places[starts[row] : min(starts[row + 1], starts[row] + ROW_TILES)]]
        if len(numbers) < ENOUGH and len(ordered) == MAX_RANKED_TITLES:
            # The facet's titles lie below the best of the catalog: ask for its own best.
            own = np.flatnonzero(view.membership[code] & moment.discover).astype(np.int32)
            numbers = best(own, moment.scores[own])
        facet = view.facets[code]
        yield Row(
            kind=facet.kind,
            source="affinity",
            version="smoothed-1",
            numbers=numbers,
            subject=facet.value,
            detail=facet.detail,
        )


def _affinity(moment: RequestContext) -> Floats:
    """float32[facets]: a(u, g) = (sum of weights of plays in g + prior x p(g)) / (sum of weights +
    prior).
    """
    view, prior = moment.snapshot.view, PRIOR_WEIGHT * moment.snapshot.facet_share
    weighted = list(_weighted(moment))
    if not weighted:
        return prior / PRIOR_WEIGHT
    codes = [view.title_facets[number] for number, _ in weighted]
    weights = np.repeat([weight for _, weight in weighted], [len(of_title) for of_title in codes])
    sums = np.bincount(np.concatenate(codes), weights, minlength=len(view.facets))
    return np.asarray(
        (sums + prior) / (sum(weight for _, weight in weighted) + PRIOR_WEIGHT), np.float32
    )


def _weighted(moment: RequestContext) -> Iterator[tuple[int, float]]:
    digest: Digest | None = moment.known.digest
    if digest is None:
        return
    number_of = moment.snapshot.view.number_of
    for play in digest.plays[-HISTORY:]:
        number, thumb = number_of(play.title_id), digest.thumbs.get(play.title_id, 0)
        if number != UNKNOWN and thumb >= 0:
            yield number, play.fraction + 0.5 * thumb
    for title_id in digest.picks:
        if (number := number_of(title_id)) != UNKNOWN:
            yield number, 1.0
