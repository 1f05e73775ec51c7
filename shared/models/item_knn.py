"""Item-kNN: titles watched by the same members are neighbors; shrunk cosine, so that two plays in
common prove little.
"""

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Self

import numpy as np
from scipy.sparse import csr_matrix, vstack

from shared.models.files import (
    ArraySpec,
    ModelParts,
    csr_arrays,
    csr_of,
    csr_specs,
    from_model_files,
    to_model_files,
)
from shared.models.history import HistoryWeighting, history_matrix
from shared.models.interactions import Interactions
from shared.models.popularity import tie_breaker
from shared.models.port import Files, Query, Scores, Vectors
from shared.models.ranking import top_k
from shared.vocabulary import Numbers, Vocabulary

_BLOCK = 1024


@dataclass(frozen=True)
class ItemKnnSettings:
    """How many neighbors, and how much evidence they need."""

    neighbors: int = 100
    """Kept per title; the rest count as unrelated."""
    shrink: float = 10.0
    """Added to the product of norms: the greater it is, the more common plays a similarity takes."""
    weighting: HistoryWeighting = field(default_factory=HistoryWeighting)
    """How much the age of a history entry matters when scoring."""


class ItemKnn:
    """A title's score is the sum of its similarities to what was watched; titles without any rank
    last, by popularity.
    """

    family: str = "item_knn"

    def __init__(
        self,
        settings: ItemKnnSettings,
        vocabulary: Vocabulary,
        neighbors: csr_matrix,
        popularity: Vectors,
    ) -> None:
        self.settings = settings
        self.vocabulary = vocabulary
        self._neighbors = neighbors
        self._popularity = popularity

    @classmethod
    def train(cls, interactions: Interactions, settings: ItemKnnSettings | None = None) -> Self:
        """Similarities of all pairs, a block of titles at a time, the best kept."""
        chosen = settings or ItemKnnSettings()
        matrix = interactions.matrix()
        return cls(chosen, interactions.vocabulary, _neighbors(matrix, chosen), tie_breaker(matrix))

    def score(self, queries: Sequence[Query], candidates: Numbers | None = None) -> Scores:
        history = history_matrix(queries, self.vocabulary, self.settings.weighting)
        scores: Scores = (history @ self._neighbors.T).toarray() + self._popularity
        return scores if candidates is None else scores[:, candidates]

    def similar(self, number: int, k: int) -> tuple[Numbers, Scores]:
        row = self._neighbors[[number]]
        best, scores = top_k(row.data[None, :], k)
        return row.indices[best[0]].astype(np.int32), scores[0]

    def to_files(self) -> Files:
        arrays = {**csr_arrays("neighbors", self._neighbors), "popularity": self._popularity}
        return to_model_files(self.family, ModelParts(self.settings, self.vocabulary, arrays, {}))

    @classmethod
    def from_files(cls, files: Files) -> Self:
        parts = from_model_files(files, cls.family, ItemKnnSettings, _specs)
        neighbors = csr_of("neighbors", parts.arrays, len(parts.vocabulary))
        return cls(parts.settings, parts.vocabulary, neighbors, parts.arrays["popularity"])


def _neighbors(matrix: csr_matrix, settings: ItemKnnSettings) -> csr_matrix:
    """Row i holds title i's nearest titles with their similarity."""
    by_title = matrix.T.tocsr()
    norms = np.sqrt(np.asarray(by_title.multiply(by_title).sum(axis=1)).ravel())
    blocks = [
        _nearest((by_title[start : start + _BLOCK] @ matrix).tocsr(), start, norms, settings)
        for start in range(0, by_title.shape[0], _BLOCK)
    ]
    return (
        vstack(blocks, format="csr", dtype=np.float32)
        if blocks
        else csr_matrix(np.zeros((0, 0), np.float32))
    )


def _nearest(dots: csr_matrix, start: int, norms: Vectors, settings: ItemKnnSettings) -> csr_matrix:
    rows = np.repeat(np.arange(dots.shape[0]), np.diff(dots.indptr))
    values = dots.data / (norms[rows + start] * norms[dots.indices] + settings.shrink)
    values[dots.indices == rows + start] = 0
    order = np.lexsort((dots.indices, -values, rows))
    place = np.arange(len(order)) - dots.indptr[rows[order]]
    kept = order[(place < settings.neighbors) & (values[order] > 0)]
    kept = kept[np.lexsort((dots.indices[kept], rows[kept]))]
    return csr_matrix(
        (values[kept].astype(np.float32), (rows[kept], dots.indices[kept])), shape=dots.shape
    )


def _specs(_: ItemKnnSettings, titles: int) -> dict[str, ArraySpec]:
    return {**csr_specs("neighbors", titles), "popularity": ArraySpec(np.float32, (titles,))}
