"""Scores of a model in the title numbers of a catalog with another vocabulary."""

from collections.abc import Iterable, Sequence

import numpy as np

from shared.ids import TitleId
from shared.models.port import Query, Scorer, Scores
from shared.models.ranking import NEVER
from shared.vocabulary import UNKNOWN, Numbers, Vocabulary


class CatalogScorer:
    """A scorer with one column per title of the catalog."""

    def __init__(self, model: Scorer, catalog: Vocabulary) -> None:
        self._model = model
        self._catalog = catalog
        numbers = numbers_in(catalog, model.vocabulary.title_ids)
        self._columns = np.flatnonzero(numbers != UNKNOWN)
        self._numbers = numbers[self._columns]

    def score(self, queries: Sequence[Query]) -> Scores:
        """float32[batch, titles of the catalog]; −inf for titles outside the model's vocabulary."""
        scores = self._model.score(queries)
        if self._model.vocabulary == self._catalog:
            return scores
        reordered = np.full((len(queries), len(self._catalog)), NEVER, np.float32)
        reordered[:, self._numbers] = scores[:, self._columns]
        return reordered


def numbers_in(vocabulary: Vocabulary, title_ids: Iterable[TitleId]) -> Numbers:
    """Return the number of every title, UNKNOWN for those that the vocabulary does not have."""
    return np.array([vocabulary.number(title_id) for title_id in title_ids], np.int32)
