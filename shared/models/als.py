"""Implicit ALS (Hu, Koren, Volinsky 2008): titles have learned factors, and a profile's are one
ridge solution away, at any time.
"""

from collections.abc import Sequence
from dataclasses import dataclass, field
from functools import cached_property
from typing import Self

import numpy as np
import numpy.typing as npt
from scipy.sparse import csr_matrix

from shared.ids import EncoderId
from shared.models.files import ArraySpec, ModelParts, content_id, from_model_files, to_model_files
from shared.models.history import HistoryWeighting, history_matrix
from shared.models.port import Files, Query, Scores, Vectors
from shared.models.ranking import nearest
from shared.vocabulary import Numbers, Vocabulary

Gram = npt.NDArray[np.float64]


@dataclass(frozen=True)
class AlsSettings:
    """What training and folding in must agree on, and how long to train."""

    embedding_size: int = 64
    alpha: float = 10.0
    """Confidence in a watched title is 1 + alpha × strength; in an unwatched one it is 1."""
    ridge: float = 0.1
    """λ, multiplied by the number of titles in a history, as Spark's trainer does."""
    iterations: int = 10
    weighting: HistoryWeighting = field(default_factory=HistoryWeighting)
    """How much the age of a history entry matters when folding in; training reads histories as
    sets.
    """


class Als:
    """Item factors; a query's embedding is the exact half-step of training for its history, so that
    it can be kept fresh.

    A query without a known history gets the mean embedding of the members trained on. Titles never
    played have factors of zero.
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
        """The model with trained item factors; `matrix` is what it was trained on, from which the
        cold embedding is made.
        """
        active = matrix[np.diff(matrix.indptr) > 0]
        users = half_step(active, factors, settings)
        cold = users.mean(axis=0, dtype=np.float64) if len(users) else np.zeros(factors.shape[1])
        return cls(settings, vocabulary, factors, cold.astype(np.float32))

    @cached_property
    def encoder_id(self) -> EncoderId:
        return EncoderId(content_id(self.to_files()))

    @property
    def item_vectors(self) -> Vectors:
        return self._factors

    def encode(self, queries: Sequence[Query]) -> Vectors:
        history = history_matrix(queries, self.vocabulary, self.settings.weighting)
        embeddings = half_step(history, self._factors, self.settings, self._gram)
        embeddings[np.diff(history.indptr) == 0] = self._cold
        return embeddings

    def score(self, queries: Sequence[Query], candidates: Numbers | None = None) -> Scores:
        vectors = self._factors if candidates is None else self._factors[candidates]
        return self.encode(queries) @ vectors.T

    def similar(self, number: int, k: int) -> tuple[Numbers, Scores]:
        return nearest(self._factors, number, k)

    def to_files(self) -> Files:
        arrays = {"factors": self._factors, "cold": self._cold}
        return to_model_files(self.family, ModelParts(self.settings, self.vocabulary, arrays, {}))

    @classmethod
    def from_files(cls, files: Files) -> Self:
        parts = from_model_files(files, cls.family, AlsSettings, _specs)
        return cls(parts.settings, parts.vocabulary, parts.arrays["factors"], parts.arrays["cold"])

    @cached_property
    def _gram(self) -> Gram:
        return gram_of(self._factors)


def gram_of(factors: Vectors) -> Gram:
    """float64[size, size]: FᵀF, the part of every half-step that no history changes."""
    wide = factors.astype(np.float64)
    return np.asarray(wide.T @ wide, np.float64)


def half_step(
    matrix: csr_matrix, factors: Vectors, settings: AlsSettings, gram: Gram | None = None
) -> Vectors:
    """float32[rows, size]: each row's ridge solution (FᵀF + Σ αr·ffᵀ + λn·I)⁻¹ Σ (1 + αr)·f over
    its n titles; 0 for an empty row.

    Every row is solved by itself in double precision, so that it does not matter which others are
    asked about.
    """
    base = gram_of(factors) if gram is None else gram
    solved = np.zeros((matrix.shape[0], factors.shape[1]), np.float32)
    identity = np.eye(factors.shape[1])
    for row in range(matrix.shape[0]):
        start, end = matrix.indptr[row], matrix.indptr[row + 1]
        if start == end:
            continue
        known = factors[matrix.indices[start:end]].astype(np.float64)
        surplus = settings.alpha * matrix.data[start:end].astype(np.float64)
        system = base + (known.T * surplus) @ known + settings.ridge * (end - start) * identity
        solved[row] = np.linalg.solve(system, known.T @ (1.0 + surplus))
    return solved


def _specs(settings: AlsSettings, titles: int) -> dict[str, ArraySpec]:
    size = settings.embedding_size
    return {
        "factors": ArraySpec(np.float32, (titles, size)),
        "cold": ArraySpec(np.float32, (size,)),
    }
