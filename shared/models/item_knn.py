"""Item-kNN: titles watched by the same members are neighbors, by shrunk cosine similarity."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Self

import numpy as np
from scipy.sparse import csr_matrix, vstack

from shared.models.files import (
    ArraySpec,
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

# Number of titles with similarities computed at once; a guess that bounds memory.
_BLOCK = 1024


@dataclass(frozen=True)
class ItemKnnSettings:
    """Number of neighbors, and shrinkage of similarities with few common plays.

    The defaults are guesses; the settings in use are those of `offline.training.recipes`.
    """

    neighbors: int = 100
    """Stored per title; all other similarities count as 0."""
    shrink: float = 10.0
    """Added to the product of norms; reduces similarities that are based on few common plays."""
    weighting: HistoryWeighting = field(default_factory=HistoryWeighting)
    """Weights of history entries when scoring."""


class ItemKnn:
    """The score of a title is the sum of its similarities to the titles of the history.

    Titles similar to none of them rank last, by popularity.
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
        """Compute the similarities of all pairs in blocks; store the best of each title."""
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
        return to_model_files(self, arrays)

    @classmethod
    def from_files(cls, files: Files) -> Self:
        parts = from_model_files(files, cls.family, ItemKnnSettings, _specs)
        neighbors = csr_of("neighbors", parts.arrays, len(parts.vocabulary))
        return cls(parts.settings, parts.vocabulary, neighbors, parts.arrays["popularity"])


def _neighbors(matrix: csr_matrix, settings: ItemKnnSettings) -> csr_matrix:
    """float32[titles, titles]: row i holds the similarities of title i's neighbors."""
    by_title = matrix.T.tocsr()
    norms = np.sqrt(np.asarray(by_title.multiply(by_title).sum(axis=1)).ravel())
    blocks = [
        _block_neighbors(
            (by_title[start : start + _BLOCK] @ matrix).tocsr(), start, norms, settings
        )
        for start in range(0, by_title.shape[0], _BLOCK)
    ]
    return (
        vstack(blocks, format="csr", dtype=np.float32)
        if blocks
        else csr_matrix(np.zeros((0, 0), np.float32))
    )


def _block_neighbors(
    dots: csr_matrix, start: int, norms: Vectors, settings: ItemKnnSettings
) -> csr_matrix:
    """The neighbors of the titles from `start` on; `dots` holds their dot products with all."""
    rows = np.repeat(np.arange(dots.shape[0]), np.diff(dots.indptr))
    values = dots.data / (norms[rows + start] * norms[dots.indices] + settings.shrink)
    values[dots.indices == rows + start] = 0
    order = np.lexsort((dots.indices, -values, rows))
    rank = np.arange(len(order)) - dots.indptr[rows[order]]
    best = order[(rank < settings.neighbors) & (values[order] > 0)]
    best = best[np.lexsort((dots.indices[best], rows[best]))]
    return csr_matrix(
        (values[best].astype(np.float32), (rows[best], dots.indices[best])), shape=dots.shape
    )


def _specs(_: ItemKnnSettings, titles: int) -> dict[str, ArraySpec]:
    return {**csr_specs("neighbors", titles), "popularity": ArraySpec(np.float32, (titles,))}
