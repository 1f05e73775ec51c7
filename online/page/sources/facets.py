"""Personal rows by genre, mood and their crossings: those facets that this member's history leans to."""

from collections.abc import Iterator
from typing import Final

from online.page.model import Moment, Row
from online.page.sources.pick import best
from online.published.facets import Facet, facets_of
from shared.records.digest import Digest
from shared.vocabulary import UNKNOWN

ROWS: Final = 36
# As many plays' worth of everybody's taste are mixed into the member's own.
PRIOR_WEIGHT: Final = 4.0
HISTORY: Final = 100


def facets(moment: Moment) -> Iterator[Row]:
    """The facets of highest affinity, one row each, in the order of affinity."""
    affinity = _affinity(moment)
    liked = sorted(affinity, key=lambda facet: (-affinity[facet], facet))
    made = 0
    for facet in liked:
        numbers = moment.edition.view.members[facet]
        numbers = numbers[moment.discover[numbers]]
        if len(numbers) < 4:
            continue
        yield Row(
            kind=facet.kind,
            source="affinity",
            version="smoothed-1",
            numbers=best(numbers, moment.scores[numbers]),
            subject=facet.value,
            detail=facet.detail,
        )
        made += 1
        if made == ROWS:
            return


def _affinity(moment: Moment) -> dict[Facet, float]:
    """a(u, g) = (sum of weights of plays in g + prior x p(g)) / (sum of weights + prior)."""
    weights: dict[Facet, float] = {}
    total = 0.0
    for number, weight in _weighted(moment):
        total += weight
        title = moment.edition.view.title(number)
        for facet in facets_of(title) if title is not None else ():
            weights[facet] = weights.get(facet, 0.0) + weight
    prior = moment.edition.facet_share
    return {facet: (weights.get(facet, 0.0) + PRIOR_WEIGHT * share) / (total + PRIOR_WEIGHT) for facet, share in prior.items()}


def _weighted(moment: Moment) -> Iterator[tuple[int, float]]:
    digest: Digest | None = moment.known.digest
    if digest is None:
        return
    number_of = moment.edition.view.number_of
    for play in digest.plays[-HISTORY:]:
        number, thumb = number_of(play.title_id), digest.thumbs.get(play.title_id, 0)
        if number != UNKNOWN and thumb >= 0:
            yield number, play.fraction + 0.5 * thumb
    for title_id in digest.picks:
        if (number := number_of(title_id)) != UNKNOWN:
            yield number, 1.0
