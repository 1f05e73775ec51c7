"""Implicit ALS (Hu, Koren, Volinsky 2008): learned title factors.

The embedding of a profile is one ridge regression on its history and can be computed at any time.
"""

from collections.abc import Sequence
from dataclasses import dataclass, field
from functools import cached_property
from typing import Self

import numpy as np
import numpy.typing as npt
from scipy.sparse import csr_matrix

from shared.models.dot_product import DotProductEncoder
from shared.models.files import ArraySpec, from_model_files, to_model_files
from shared.models.history import HistoryWeighting, history_matrix
from shared.models.port import Files, Query, Scores, Vectors
from shared.models.ranking import nearest
from shared.vocabulary import Numbers, Vocabulary

Gram = npt.NDArray[np.float64]


@dataclass(frozen=True)
class AlsSettings:
    """Settings of training and of folding in, which must use the same ones.

    The defaults are guesses; the settings in use are those of `offline.training.recipes`.
    """

    embedding_size: int = 64
    alpha: float = 10.0
    """Confidence in a watched title is 1 + alpha × strength; in an unwatched one it is 1."""
    ridge: float = 0.1
    """λ, multiplied by the number of titles in a history, as Spark's trainer does."""
    iterations: int = 10
    weighting: HistoryWeighting = field(default_factory=HistoryWeighting)
    """Weights of history entries when folding in; training does not use ages."""


class Als(DotProductEncoder):
    """Title factors; the embedding of a query is the exact half-step of training for its history.

    A query without known titles gets the mean embedding of the training profiles. Titles without
    plays have factors of zero.
    """

    family: str = "als"

    def __init__(
        self, settings: AlsSettings, vocabulary: Vocabulary, factors: Vectors, cold: Vectors
    ) -> None:
        self.settings = settings
        self.vocabulary = vocabulary
        self._factors = factors
        self._cold = cold

    @classmethod
    def of_factors(
        cls, settings: AlsSettings, vocabulary: Vocabulary, factors: Vectors, matrix: csr_matrix
    ) -> Self:
        """The model with trained title factors.

        `matrix` is float32[profiles, titles], the training data; the cold embedding is computed
        from it.
        """
        active = matrix[np.diff(matrix.indptr) > 0]
        embeddings = half_step(active, factors, settings)
        cold = (
            embeddings.mean(axis=0, dtype=np.float64)
            if len(embeddings)
            else np.zeros(factors.shape[1])
        )
        return cls(settings, vocabulary, factors, cold.astype(np.float32))

    @property
    def item_vectors(self) -> Vectors:
        return self._factors

    def encode(self, queries: Sequence[Query]) -> Vectors:
        history = history_matrix(queries, self.vocabulary, self.settings.weighting)
        embeddings = half_step(history, self._factors, self.settings, self._gram)
        embeddings[np.diff(history.indptr) == 0] = self._cold
        return embeddings

    def similar(self, number: int, k: int) -> tuple[Numbers, Scores]:
        return nearest(self._factors, number, k)

    def to_files(self) -> Files:
        return to_model_files(self, {"factors": self._factors, "cold": self._cold})

    @classmethod
    def from_files(cls, files: Files) -> Self:
        parts = from_model_files(files, cls.family, AlsSettings, _specs)
        return cls(parts.settings, parts.vocabulary, parts.arrays["factors"], parts.arrays["cold"])

    @cached_property
    def _gram(self) -> Gram:
        return gram_of(self._factors)


def gram_of(factors: Vectors) -> Gram:
    """float64[size, size]: FᵀF, the part of every half-step that does not depend on the history."""
    doubles = factors.astype(np.float64)
    return np.asarray(doubles.T @ doubles, np.float64)


def half_step(
    matrix: csr_matrix, factors: Vectors, settings: AlsSettings, gram: Gram | None = None
) -> Vectors:
    """float32[rows, size]: the ridge solution of each row, 0 for an empty row.

    A row with n titles solves (FᵀF + Σ αr·ffᵀ + λn·I) x = Σ (1 + αr)·f. Each row is solved by
    itself in double precision, so its result does not depend on the other rows.
    """
    base = gram_of(factors) if gram is None else gram
    solutions = np.zeros((matrix.shape[0], factors.shape[1]), np.float32)
    identity = np.eye(factors.shape[1])
    for row in range(matrix.shape[0]):
        start, end = matrix.indptr[row], matrix.indptr[row + 1]
        if start == end:
            continue
        watched = factors[matrix.indices[start:end]].astype(np.float64)
        confidence = settings.alpha * matrix.data[start:end].astype(np.float64)
        system = base + (watched.T * confidence) @ watched
        system += settings.ridge * (end - start) * identity
        solutions[row] = np.linalg.solve(system, watched.T @ (1.0 + confidence))
    return solutions


def _specs(settings: AlsSettings, titles: int) -> dict[str, ArraySpec]:
    size = settings.embedding_size
    return {
        "factors": ArraySpec(np.float32, (titles, size)),
        "cold": ArraySpec(np.float32, (size,)),
    }
