"""Features of a profile that decide on rows, shared by the nightly run and the page."""

from collections.abc import Sequence

import numpy as np
import numpy.typing as npt

from shared.features.settings import AFFINITY_PRIOR
from shared.vocabulary import Numbers

Floats = npt.NDArray[np.float32]


def facet_affinity(
    facets: Sequence[Numbers],
    weights: Sequence[float],
    prior: Floats,
    alpha: float = AFFINITY_PRIOR,
) -> Floats:
    """Return float32[facets]: the share of watching that belongs to each facet.

    A facet is a genre or a mood, or a combination of one with something else. `facets` holds the
    facet numbers of each viewed title and `weights` the weight of each viewing
    (`shared.models.history.strength`). The result is
    (Σ weight · member + α · prior) / (Σ weight + α), with float32[facets] `prior`, the average
    share of each facet. A profile without viewings gets the prior.
    """
    sums = np.zeros(len(prior))
    if facets:
        repeated = np.repeat(np.asarray(weights, np.float64), [len(codes) for codes in facets])
        sums += np.bincount(np.concatenate(facets), repeated, minlength=len(prior))
    return np.asarray((sums + alpha * prior) / (sum(weights) + alpha), np.float32)
