"""Judges a model of similar titles by what comes next: after a title, do members watch what is said
to go with it?
"""

from collections.abc import Sequence

import numpy as np

from shared.models.port import Query, Scores, SimilarTitles
from shared.models.ranking import NEVER
from shared.vocabulary import UNKNOWN, Numbers, Vocabulary

_SHOWN = 100


class ByLatestTitle:
    """A scorer that knows nothing of a member but the title watched last, and answers with what is
    similar to it.
    """

    def __init__(self, model: SimilarTitles) -> None:
        self._model = model

    @property
    def vocabulary(self) -> Vocabulary:
        return self._model.vocabulary

    def score(self, queries: Sequence[Query], candidates: Numbers | None = None) -> Scores:
        scores = np.full((len(queries), len(self.vocabulary)), NEVER, np.float32)
        for row, query in enumerate(queries):
            latest = next(
                (
                    n
                    for entry in reversed(query.history)
                    if (n := self.vocabulary.number(entry.title_id)) != UNKNOWN
                ),
                None,
            )
            if latest is not None:
                numbers, values = self._model.similar(latest, _SHOWN)
                scores[row, numbers] = values
        return scores if candidates is None else scores[:, candidates]
