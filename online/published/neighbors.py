"""Vectors for titles without plays: the mean of their nearest titles by metadata."""

from collections.abc import Iterator
from typing import Final

import numpy as np
import numpy.typing as npt

from online.published.catalog_view import CatalogView
from online.published.facets import facets_of
from shared.catalog.titles import Title
from shared.models.port import Vectors

# Guesses, until a model learns vectors from metadata: the number of nearest titles, and the most
# titles that get such a vector, so that a large import does not delay a snapshot.
MAX_NEIGHBORS: Final = 20
MAX_NEIGHBOR_VECTORS: Final = 500
# Guesses: the weight of a shared facet. A mood is narrower than a genre.
WEIGHTS: Final = {"genre": 1.0, "mood": 1.5, "genre_kind": 0.5, "genre_decade": 1.0}


def neighbor_vectors(
    view: CatalogView, vectors: Vectors, trained: npt.NDArray[np.bool_]
) -> Iterator[tuple[int, Vectors]]:
    """Yield (number, float32[embedding_size]) for titles that the encoder was not trained on.

    The newest titles come first, at most MAX_NEIGHBOR_VECTORS. A title that shares no facet with a
    trained title is left out.
    """
    untrained = [
        (number, title)
        for number in np.flatnonzero(~trained)[::-1].tolist()
        if (title := view.title(number)) is not None
    ]
    for number, title in untrained[:MAX_NEIGHBOR_VECTORS]:
        neighbors = _nearest(view, title, trained)
        if len(neighbors):
            yield number, vectors[neighbors].mean(axis=0)


def _nearest(
    view: CatalogView, title: Title, trained: npt.NDArray[np.bool_]
) -> npt.NDArray[np.intp]:
    overlap = np.zeros(len(view), np.float32)
    for facet in facets_of(title):
        overlap += WEIGHTS[facet.kind] * view.membership[view.facet_codes[facet]]
    overlap[~trained] = 0
    nearest = np.argpartition(overlap, -min(MAX_NEIGHBORS, len(overlap)))[-MAX_NEIGHBORS:]
    return nearest[overlap[nearest] > 0]
