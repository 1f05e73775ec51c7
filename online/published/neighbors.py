"""Vectors for titles nobody has played yet: the mean of their nearest relatives by metadata, until
a model learns better.
"""

from collections.abc import Iterator
from typing import Final

import numpy as np
import numpy.typing as npt

from online.published.catalog_view import CatalogView
from online.published.facets import facets_of
from shared.catalog.titles import Title
from shared.models.port import Vectors

RELATIVES: Final = 20
MOST_STAND_INS: Final = 500
# What a shared facet says: a crossing or a mood is narrower than a genre.
WEIGHTS: Final = {"genre": 1.0, "mood": 1.5, "genre_kind": 0.5, "genre_decade": 1.0}


def stand_ins(
    view: CatalogView, vectors: Vectors, trained: npt.NDArray[np.bool_]
) -> Iterator[tuple[int, Vectors]]:
    """(number, float32[embedding_size]) for the titles without a vector that have relatives with
    one; the newest first, at most 500.
    """
    missing = [
        number
        for number in np.flatnonzero(~trained)[::-1].tolist()
        if view.title(number) is not None
    ]
    for number in missing[:MOST_STAND_INS]:
        title = view.title(number)
        if title is None:
            continue
        relatives = _relatives(view, title, trained)
        if len(relatives):
            yield number, vectors[relatives].mean(axis=0)


def _relatives(
    view: CatalogView, title: Title, trained: npt.NDArray[np.bool_]
) -> npt.NDArray[np.intp]:
    common = np.zeros(len(view), np.float32)
    for facet in facets_of(title):
        common += WEIGHTS[facet.kind] * view.membership[view.facet_codes[facet]]
    common[~trained] = 0
    nearest = np.argpartition(common, -min(RELATIVES, len(common)))[-RELATIVES:]
    return nearest[common[nearest] > 0]
