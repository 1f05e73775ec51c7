"""The models of a generation's roles, asked in the numbers of its catalog whatever vocabulary each
was trained with.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from shared.artifacts.generation import ENCODER, POPULARITY, SIMILARS, TOP_PICKS, RoleArtifact
from shared.artifacts.port import Artifacts
from shared.errors import ArtifactCorrupt
from shared.models.port import Encoder, Query, Scorer, SimilarTitles
from shared.models.ranking import NEVER
from shared.models.registry import load_model
from shared.vocabulary import UNKNOWN, Numbers, Vocabulary

Floats = npt.NDArray[np.float32]


class Aligned:
    """A scorer whose columns are the catalog's titles; those that it does not know are −inf."""

    def __init__(self, model: Scorer, catalog: Vocabulary, name: str, version: str) -> None:
        self.name = name
        self.version = version
        self.model = model
        places = np.array(
            [catalog.number(title_id) for title_id in model.vocabulary.title_ids], np.int32
        )
        self._columns: Numbers = np.flatnonzero(places != UNKNOWN).astype(np.int32)
        self._places: Numbers = places[self._columns]
        self._width = len(catalog)

    def score(self, queries: Sequence[Query]) -> Floats:
        """float32[batch, titles of the catalog]."""
        scores = np.full((len(queries), self._width), NEVER, np.float32)
        scores[:, self._places] = self.model.score(queries)[:, self._columns]
        return scores


class Neighbors:
    """What goes with a title, in the catalog's numbers; each answer is kept, since members share
    their anchors.
    """

    def __init__(self, model: SimilarTitles, catalog: Vocabulary, version: str) -> None:
        self.version = version
        self._model = model
        self._catalog = catalog
        self._known: dict[int, tuple[Numbers, Floats]] = {}

    def of(self, number: int, k: int) -> tuple[Numbers, Floats]:
        """Up to `k` numbers with scores, best first."""
        if number not in self._known:
            self._known[number] = self._ask(number, k)
        return self._known[number]

    def _ask(self, number: int, k: int) -> tuple[Numbers, Floats]:
        anchor = self._model.vocabulary.number(self._catalog.title_ids[number])
        if anchor == UNKNOWN:
            return np.empty(0, np.int32), np.empty(0, np.float32)
        numbers, scores = self._model.similar(anchor, k)
        places = np.array(
            [self._catalog.number(title_id) for title_id in self._model.vocabulary.ids(numbers)],
            np.int32,
        )
        known = places != UNKNOWN
        return places[known], scores[known]


@dataclass(frozen=True)
class RoleModels:
    """The models that candidates are computed with; a role without an artifact is None, and its
    rows are left out.
    """

    popularity: Aligned
    top_picks: Aligned
    encoder: Encoder | None
    similars: Neighbors | None


def load_roles(
    artifacts: Artifacts, roles: Mapping[str, RoleArtifact], catalog: Vocabulary
) -> RoleModels:
    """Load every role's model; top picks fall to the encoder, then to popularity.

    Raises:
        ArtifactMissing, ArtifactCorrupt: a model is not there, not whole, or cannot do what its
            role asks.
    """
    loaded = {
        role: load_model(roles[role].family, artifacts.get(roles[role].artifact))
        for role in _ROLES
        if role in roles
    }
    if POPULARITY not in loaded:
        raise ArtifactCorrupt(
            "a generation without popularity cannot serve anybody of whom nothing is known"
        )
    aligned = {
        role: Aligned(model, catalog, roles[role].family, roles[role].artifact[:12])
        for role, model in loaded.items()
    }
    encoder, similars = loaded.get(ENCODER), loaded.get(SIMILARS)
    return RoleModels(
        popularity=aligned[POPULARITY],
        top_picks=aligned.get(TOP_PICKS) or aligned.get(ENCODER) or aligned[POPULARITY],
        encoder=encoder if isinstance(encoder, Encoder) else None,
        similars=Neighbors(similars, catalog, aligned[SIMILARS].version)
        if isinstance(similars, SimilarTitles)
        else None,
    )


_ROLES = (POPULARITY, TOP_PICKS, ENCODER, SIMILARS)
