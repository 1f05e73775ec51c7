"""EASE: one ridge regression of every title on all others, in closed form; the baseline."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Self

import numpy as np
from scipy.linalg import cho_solve, cholesky
from scipy.sparse import csr_matrix

from shared.models.files import ArraySpec, from_model_files, to_model_files
from shared.models.history import HistoryWeighting, history_matrix
from shared.models.interactions import Interactions
from shared.models.popularity import tie_breaker
from shared.models.port import Files, Query, Scores, Vectors
from shared.models.ranking import top_k
from shared.vocabulary import Numbers, Vocabulary


@dataclass(frozen=True)
class EaseSettings:
    """Strength of the ridge, and the size of the weight matrix.

    The defaults are guesses; the settings in use are those of `offline.training.recipes`.
    """

    ridge: float = 300.0
    """λ; the best value grows with the number of plays."""
    max_titles: int = 8_000
    """Number of most-watched titles that get weights; memory grows with its square.

    The other titles rank last, by popularity.
    """
    weighting: HistoryWeighting = field(default_factory=HistoryWeighting)
    """Weights of history entries when scoring."""


class Ease:
    """Score = history · B; B minimizes ‖X − XB‖² + λ‖B‖² with a zero diagonal (Steck 2019)."""

    family: str = "ease"

    def __init__(
        self,
        settings: EaseSettings,
        vocabulary: Vocabulary,
        covered: Numbers,
        weights: Vectors,
        popularity: Vectors,
    ) -> None:
        self.settings = settings
        self.vocabulary = vocabulary
        self._covered = covered
        self._weights = weights
        self._popularity = popularity

    @classmethod
    def train(cls, interactions: Interactions, settings: EaseSettings | None = None) -> Self:
        """Solve for the weights of the most-watched titles."""
        chosen = settings or EaseSettings()
        matrix = interactions.matrix()
        popularity = tie_breaker(matrix)
        most_watched = np.argsort(-popularity, kind="stable")[: chosen.max_titles]
        covered = np.sort(most_watched).astype(np.int32)
        weights = ease_weights(matrix[:, covered], chosen.ridge)
        return cls(chosen, interactions.vocabulary, covered, weights, popularity)

    def score(self, queries: Sequence[Query], candidates: Numbers | None = None) -> Scores:
        history = history_matrix(queries, self.vocabulary, self.settings.weighting)
        scores = np.tile(self._popularity, (len(queries), 1))
        scores[:, self._covered] += history[:, self._covered] @ self._weights
        return scores if candidates is None else scores[:, candidates]

    def similar(self, number: int, k: int) -> tuple[Numbers, Scores]:
        row = int(np.searchsorted(self._covered, number))
        if row == len(self._covered) or self._covered[row] != number:
            return np.empty(0, np.int32), np.empty(0, np.float32)
        others = np.delete(np.arange(len(self._covered)), row)
        best, scores = top_k(self._weights[row, others][None, :], k)
        return self._covered[others[best[0]]], scores[0]

    def to_files(self) -> Files:
        arrays = {
            "covered": self._covered,
            "weights": self._weights,
            "popularity": self._popularity,
        }
        return to_model_files(self, arrays)

    @classmethod
    def from_files(cls, files: Files) -> Self:
        parts = from_model_files(files, cls.family, EaseSettings, _specs)
        return cls(parts.settings, parts.vocabulary, **parts.arrays)


def ease_weights(matrix: csr_matrix, ridge: float) -> Vectors:
    """float32[titles, titles]: B = −P / diag(P) off the diagonal, where P = (XᵀX + λI)⁻¹.

    Computed in double precision.
    """
    gram = (matrix.T @ matrix).toarray().astype(np.float64)
    if not len(gram):
        return np.empty((0, 0), np.float32)
    gram[np.diag_indices_from(gram)] += ridge
    precision = cho_solve(
        (cholesky(gram, lower=True, overwrite_a=True), True), np.eye(len(gram)), overwrite_b=True
    )
    weights = -precision / np.diag(precision)
    np.fill_diagonal(weights, 0.0)
    return weights.astype(np.float32)


def _specs(settings: EaseSettings, titles: int) -> dict[str, ArraySpec]:
    covered = min(settings.max_titles, titles)
    return {
        "covered": ArraySpec(np.int32, (covered,)),
        "weights": ArraySpec(np.float32, (covered, covered)),
        "popularity": ArraySpec(np.float32, (titles,)),
    }
