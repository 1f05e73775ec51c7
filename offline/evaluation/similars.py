"""Evaluate a model of similar titles by predicting the next title from the latest one."""

from collections.abc import Sequence

import numpy as np

from offline.evaluation.evaluate import DEPTH
from shared.models.port import Query, Scores, SimilarTitles
from shared.models.ranking import NEVER
from shared.vocabulary import UNKNOWN, Numbers, Vocabulary


class ByLatestTitle:
    """A scorer that recommends titles similar to the latest one in the model's vocabulary."""

    def __init__(self, model: SimilarTitles) -> None:
        self._model = model

    @property
    def vocabulary(self) -> Vocabulary:
        return self._model.vocabulary

    def score(self, queries: Sequence[Query], candidates: Numbers | None = None) -> Scores:
        scores = np.full((len(queries), len(self.vocabulary)), NEVER, np.float32)
        for row, query in enumerate(queries):
            latest = self._latest_number(query)
            if latest != UNKNOWN:
                numbers, values = self._model.similar(latest, DEPTH)
                scores[row, numbers] = values
        return scores if candidates is None else scores[:, candidates]

    def _latest_number(self, query: Query) -> int:
        numbers = (self.vocabulary.number(entry.title_id) for entry in reversed(query.history))
        return next((number for number in numbers if number != UNKNOWN), UNKNOWN)
