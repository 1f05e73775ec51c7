"""The models of a generation's roles, with scores in the title numbers of its catalog.

The vocabularies of the models differ from the catalog's.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np
import numpy.typing as npt

from shared.artifacts.generation import ENCODER, POPULARITY, SIMILARS, TOP_PICKS, RoleArtifact
from shared.artifacts.port import Artifacts
from shared.errors import ArtifactCorrupt
from shared.ids import TitleId
from shared.models.port import Encoder, Query, Scorer, SimilarTitles
from shared.models.ranking import NEVER
from shared.models.registry import load_model
from shared.vocabulary import UNKNOWN, Numbers, Vocabulary

Floats = npt.NDArray[np.float32]

_ROLES: Final = (POPULARITY, TOP_PICKS, ENCODER, SIMILARS)


class CatalogScorer:
    """A scorer with one column per title of the catalog."""

    def __init__(self, model: Scorer, catalog: Vocabulary, name: str, version: str) -> None:
        self.name = name
        self.version = version
        self._model = model
        numbers = _numbers_in(catalog, model.vocabulary.title_ids)
        self._columns: Numbers = np.flatnonzero(numbers != UNKNOWN).astype(np.int32)
        self._numbers: Numbers = numbers[self._columns]
        self._width = len(catalog)

    def score(self, queries: Sequence[Query]) -> Floats:
        """float32[batch, titles of the catalog]; −inf for titles outside the model's vocabulary."""
        scores = np.full((len(queries), self._width), NEVER, np.float32)
        scores[:, self._numbers] = self._model.score(queries)[:, self._columns]
        return scores


class CatalogNeighbors:
    """Similar titles in catalog numbers. Results are cached, because profiles share anchors."""

    def __init__(self, model: SimilarTitles, catalog: Vocabulary, version: str) -> None:
        self.version = version
        self._model = model
        self._catalog = catalog
        self._cache: dict[tuple[int, int], tuple[Numbers, Floats]] = {}

    def similar(self, number: int, k: int) -> tuple[Numbers, Floats]:
        """Return up to `k` numbers with scores, best first; none for an unknown title."""
        if (number, k) not in self._cache:
            self._cache[number, k] = self._compute(number, k)
        return self._cache[number, k]

    def _compute(self, number: int, k: int) -> tuple[Numbers, Floats]:
        anchor = self._model.vocabulary.number(self._catalog.title_ids[number])
        if anchor == UNKNOWN:
            return np.empty(0, np.int32), np.empty(0, np.float32)
        model_numbers, scores = self._model.similar(anchor, k)
        numbers = _numbers_in(self._catalog, self._model.vocabulary.ids(model_numbers))
        in_catalog = numbers != UNKNOWN
        return numbers[in_catalog], scores[in_catalog]


@dataclass(frozen=True)
class RoleModels:
    """The models that candidates are computed with.

    A role without an artifact is None, and its rows are left out.
    """

    popularity: CatalogScorer
    top_picks: CatalogScorer
    encoder: Encoder | None
    similars: CatalogNeighbors | None


def load_roles(
    artifacts: Artifacts, roles: Mapping[str, RoleArtifact], catalog: Vocabulary
) -> RoleModels:
    """Load the model of every role. Without top picks the encoder, or else popularity, takes over.

    Raises:
        ArtifactMissing: an artifact does not exist.
        ArtifactCorrupt: an artifact is damaged, or there is no popularity model.
    """
    models = {
        role: load_model(roles[role].family, artifacts.get(roles[role].artifact))
        for role in _ROLES
        if role in roles
    }
    if POPULARITY not in models:
        raise ArtifactCorrupt(
            "a generation without a popularity model cannot serve profiles without a history"
        )
    scorers = {
        role: CatalogScorer(model, catalog, roles[role].family, roles[role].artifact[:12])
        for role, model in models.items()
    }
    encoder, similars = models.get(ENCODER), models.get(SIMILARS)
    return RoleModels(
        popularity=scorers[POPULARITY],
        top_picks=scorers.get(TOP_PICKS) or scorers.get(ENCODER) or scorers[POPULARITY],
        encoder=encoder if isinstance(encoder, Encoder) else None,
        similars=CatalogNeighbors(similars, catalog, scorers[SIMILARS].version)
        if isinstance(similars, SimilarTitles)
        else None,
    )


def _numbers_in(vocabulary: Vocabulary, title_ids: Sequence[TitleId]) -> Numbers:
    """Return the number of every title, UNKNOWN for those that the vocabulary does not have."""
    return np.array([vocabulary.number(title_id) for title_id in title_ids], np.int32)
