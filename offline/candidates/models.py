"""The models of a generation's roles, with scores in the title numbers of its catalog.

The vocabularies of the models differ from the catalog's.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

import numpy as np
import numpy.typing as npt

from offline.catalog_scorer import CatalogScorer, numbers_in
from shared.artifacts.generation import ENCODER, POPULARITY, SIMILARS, TOP_PICKS, RoleArtifact
from shared.artifacts.port import Artifacts
from shared.errors import ArtifactCorrupt
from shared.models.port import Encoder, SimilarTitles
from shared.models.registry import load_model
from shared.vocabulary import UNKNOWN, Numbers, Vocabulary

Floats = npt.NDArray[np.float32]

_ROLES: Final = (POPULARITY, TOP_PICKS, ENCODER, SIMILARS)


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
        numbers = numbers_in(self._catalog, self._model.vocabulary.ids(model_numbers))
        in_catalog = numbers != UNKNOWN
        return numbers[in_catalog], scores[in_catalog]


@dataclass(frozen=True)
class RoleModels:
    """The models that candidates are computed with.

    A role without an artifact is None, and its rows are left out.
    """

    popularity: CatalogScorer
    popularity_version: str
    top_picks: CatalogScorer
    top_picks_family: str
    top_picks_version: str
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
    versions = {role: roles[role].artifact[:12] for role in models}
    top_picks = next(role for role in (TOP_PICKS, ENCODER, POPULARITY) if role in models)
    encoder, similars = models.get(ENCODER), models.get(SIMILARS)
    return RoleModels(
        popularity=CatalogScorer(models[POPULARITY], catalog),
        popularity_version=versions[POPULARITY],
        top_picks=CatalogScorer(models[top_picks], catalog),
        top_picks_family=models[top_picks].family,
        top_picks_version=versions[top_picks],
        encoder=encoder if isinstance(encoder, Encoder) else None,
        similars=CatalogNeighbors(similars, catalog, versions[SIMILARS])
        if isinstance(similars, SimilarTitles)
        else None,
    )
