"""A serving snapshot: a generation's models and the followed catalog, in one numbering.

A request uses one snapshot from beginning to end.
"""

from dataclasses import dataclass, field
from functools import cached_property
from typing import Final

import numpy as np

from online.published.catalog_view import CatalogView
from online.published.neighbors import neighbor_vectors
from shared.artifacts.generation import Generation
from shared.catalog.titles import Title
from shared.ids import EncoderId, GenerationId, TitleId
from shared.models.port import Encoder, Query, QueryContext, Scorer, SimilarTitles, Vectors
from shared.records.page import StaticPage
from shared.vocabulary import UNKNOWN, Floats, Mask, Numbers

# A guess: titles similar to one title that are cached; a row shows at most 40.
MAX_SIMILAR: Final = 100


@dataclass(frozen=True)
class LoadedGeneration:
    """A generation's artifacts, loaded and checked; a role without an artifact is None."""

    manifest: Generation
    titles: tuple[Title, ...]
    encoder: Encoder | None = None
    similars: SimilarTitles | None = None
    popularity: Scorer | None = None
    static_page: StaticPage | None = None


@dataclass(frozen=True)
class ServingSnapshot:
    """Models aligned to the numbers of the view.

    `item_vectors` is float32[titles, embedding_size]. A title that the encoder was not trained on
    has the mean vector of its nearest titles by metadata (`has_vector` is True and `trained`
    False), otherwise zeros.
    """

    generation: LoadedGeneration
    view: CatalogView
    item_vectors: Vectors
    has_vector: Mask
    trained: Mask
    _popularity: dict[str | None, Floats] = field(default_factory=dict, repr=False)
    _order: dict[str | None, Numbers] = field(default_factory=dict, repr=False)
    _own_popularity: dict[str, bool] = field(default_factory=dict, repr=False)
    _similar: dict[int, Numbers] = field(default_factory=dict, repr=False)

    @property
    def published(self) -> bool:
        """Whether there is a generation; without one there is only the static page."""
        return bool(self.generation.manifest.roles)

    @property
    def generation_id(self) -> GenerationId | None:
        """The id of the generation; None before the first."""
        return self.generation.manifest.generation_id or None

    @property
    def encoder_id(self) -> EncoderId | None:
        """The encoder id of vectors that may be multiplied with `item_vectors`."""
        return None if self.generation.encoder is None else self.generation.encoder.encoder_id

    def popularity(self, country: str | None) -> Floats:
        """float32[titles], on a logarithmic scale from 0 (not watched) to 1 (watched most).

        A title that the popularity model does not contain has the median.
        """
        cached = self._popularity.get(country)
        if cached is None:
            cached = self._popularity[country] = self._compute_popularity(country)
        return cached

    def by_popularity(self, country: str | None) -> Numbers:
        """All numbers, the most popular first."""
        cached = self._order.get(country)
        if cached is None:
            order = np.argsort(-self.popularity(country), kind="stable")
            cached = self._order[country] = order.astype(np.int32)
        return cached

    def has_popularity_of(self, country: str) -> bool:
        """Whether plays in the country decide on its popularity order."""
        cached = self._own_popularity.get(country)
        if cached is None:
            differs = not np.array_equal(self.popularity(country), self.popularity(None))
            cached = self._own_popularity[country] = differs
        return cached

    @cached_property
    def spread(self) -> tuple[Floats, Floats]:
        """(float32[size] mean, float32[size, size] covariance) of the trained item vectors.

        They give the mean and deviation of a profile's dot products over the catalog without
        computing these.
        """
        vectors = self.item_vectors[self.trained].astype(np.float64)
        if not len(vectors):
            size = self.item_vectors.shape[1]
            return np.zeros(size, np.float32), np.zeros((size, size), np.float32)
        mean = vectors.mean(axis=0)
        covariance = (vectors - mean).T @ (vectors - mean) / len(vectors)
        return mean.astype(np.float32), covariance.astype(np.float32)

    def similar(self, number: int) -> Numbers:
        """The numbers of the titles similar to a title, most similar first.

        Empty when the similarity model does not contain the title.
        """
        cached = self._similar.get(number)
        if cached is None:
            cached = self._similar[number] = self._compute_similar(number)
        return cached

    @cached_property
    def facet_share(self) -> Floats:
        """float32[facets]: the share of all popularity that belongs to each facet.

        It is the expected taste of a profile without a history.
        """
        popularity = self.popularity(None)
        total = float(popularity.sum()) or 1.0
        return np.asarray(self.view.membership @ popularity / total, np.float32)

    def _compute_popularity(self, country: str | None) -> Floats:
        model = self.generation.popularity
        result = np.full(len(self.view), 0.5, np.float32)
        if model is None:
            return result
        context = QueryContext(now_ms=self.generation.manifest.created_ms, country=country)
        shares = model.score([Query((), context)])[0]
        numbers, rows = _alignment(self.view, model.vocabulary.title_ids)
        logs = np.log1p(np.maximum(shares, 0) * 1e4)
        largest = float(logs.max()) if logs.size else 0.0
        scaled = (logs / largest if largest > 0 else logs).astype(np.float32)
        if scaled.size:
            result[:] = float(np.median(scaled))
        result[numbers] = scaled[rows]
        return result

    def _compute_similar(self, number: int) -> Numbers:
        model = self.generation.similars
        row = model.vocabulary.number(self.view.title_ids[number]) if model is not None else UNKNOWN
        if model is None or row == UNKNOWN:
            return np.empty(0, np.int32)
        rows, _ = model.similar(row, MAX_SIMILAR)
        return self.view.numbers_of(model.vocabulary.ids(rows))


def make_serving_snapshot(generation: LoadedGeneration, view: CatalogView) -> ServingSnapshot:
    """Align the generation's models to the view. Takes about ten milliseconds: not per request."""
    vectors = np.zeros((len(view), 0), np.float32)
    trained = np.zeros(len(view), np.bool_)
    if generation.encoder is not None:
        matrix = generation.encoder.item_vectors
        numbers, rows = _alignment(view, generation.encoder.vocabulary.title_ids)
        vectors = np.zeros((len(view), matrix.shape[1]), np.float32)
        vectors[numbers] = matrix[rows]
        trained[numbers] = np.abs(matrix[rows]).sum(axis=1) > 0
    has_vector = trained.copy()
    if vectors.shape[1]:
        for number, vector in neighbor_vectors(view, vectors, trained):
            vectors[number], has_vector[number] = vector, True
    return ServingSnapshot(generation, view, vectors, has_vector, trained)


def _alignment(view: CatalogView, title_ids: tuple[TitleId, ...]) -> tuple[Numbers, Numbers]:
    """(numbers of the view, rows of the model) of every title that both contain."""
    numbers = np.array([view.number_of(title_id) for title_id in title_ids], np.int32)
    rows = np.flatnonzero(numbers != UNKNOWN).astype(np.int32)
    return numbers[rows], rows
