"""An snapshot: a generation's models beside the catalog as it is now, all in the same numbering; a
request takes one and keeps it.
"""

from dataclasses import dataclass, field
from functools import cached_property

import numpy as np
import numpy.typing as npt

from online.published.catalog_view import CatalogView
from online.published.neighbors import stand_ins
from shared.artifacts.generation import Generation
from shared.catalog.titles import Title
from shared.ids import EncoderId, TitleId
from shared.models.port import Encoder, Query, QueryContext, Scorer, SimilarTitles, Vectors
from shared.records.page import StaticPage
from shared.vocabulary import UNKNOWN, Numbers

Floats = npt.NDArray[np.float32]
Mask = npt.NDArray[np.bool_]
SIMILAR_KEPT = 100


@dataclass(frozen=True)
class LoadedGeneration:
    """A generation's artifacts, loaded and checked; a role that the manifest leaves out is None."""

    manifest: Generation
    titles: tuple[Title, ...]
    encoder: Encoder | None = None
    similars: SimilarTitles | None = None
    popularity: Scorer | None = None
    static_page: StaticPage | None = None


@dataclass(frozen=True)
class ServingSnapshot:
    """Models aligned to the view's numbers.

    `item_vectors`: float32[titles, embedding_size]; a title unknown to the encoder stands in with
    the mean of its nearest relatives by metadata (`has_vector` is then True, `trained` False), or
    with zeros where it has none.
    """

    generation: LoadedGeneration
    view: CatalogView
    item_vectors: Vectors
    has_vector: Mask
    trained: Mask
    _popularity: dict[str | None, Floats] = field(default_factory=dict, repr=False)
    _order: dict[str | None, Numbers] = field(default_factory=dict, repr=False)
    _similar: dict[int, tuple[Numbers, Floats]] = field(default_factory=dict, repr=False)

    @property
    def published(self) -> bool:
        """Whether there is a generation behind it; without one there is only the static page."""
        return bool(self.generation.manifest.roles)

    @property
    def encoder_id(self) -> EncoderId | None:
        """The id that a vector must carry to be multiplied with `item_vectors`."""
        return None if self.generation.encoder is None else self.generation.encoder.encoder_id

    def popularity(self, country: str | None) -> Floats:
        """float32[titles], 0 (never watched) to 1 (the most watched here), on a logarithmic scale;
        new titles stand in the middle.
        """
        held = self._popularity.get(country)
        if held is None:
            held = self._popularity[country] = self._popularity_of(country)
        return held

    def by_popularity(self, country: str | None) -> Numbers:
        """All numbers, the most popular first."""
        held = self._order.get(country)
        if held is None:
            held = self._order[country] = np.argsort(
                -self.popularity(country), kind="stable"
            ).astype(np.int32)
        return held

    def has_popularity_of(self, country: str) -> bool:
        """Whether plays in the country decide on its popularity order."""
        return not np.array_equal(self.popularity(country), self.popularity(None))

    @cached_property
    def spread(self) -> tuple[Floats, Floats]:
        """(float32[size] mean, float32[size, size] covariance) of the trained item vectors.

        By them the mean and deviation of a profile's dot products over the catalog are known
        without making them.
        """
        vectors = self.item_vectors[self.trained].astype(np.float64)
        if not len(vectors):
            size = self.item_vectors.shape[1]
            return np.zeros(size, np.float32), np.zeros((size, size), np.float32)
        mean = vectors.mean(axis=0)
        return mean.astype(np.float32), (
            (vectors - mean).T @ (vectors - mean) / len(vectors)
        ).astype(np.float32)

    def similar(self, number: int) -> tuple[Numbers, Floats]:
        """The titles that go with a title, best first, with scores; none when the model does not
        know it.
        """
        held = self._similar.get(number)
        if held is None:
            held = self._similar[number] = self._similar_of(number)
        return held

    @cached_property
    def facet_share(self) -> Floats:
        """float32[facets]: each facet's share of all popularity: what a member of whom nothing is
        known is expected to like.
        """
        popularity = self.popularity(None)
        total = float(popularity.sum()) or 1.0
        return np.asarray(self.view.membership @ popularity / total, np.float32)

    def _popularity_of(self, country: str | None) -> Floats:
        model = self.generation.popularity
        result = np.full(len(self.view), 0.5, np.float32)
        if model is None:
            return result
        shares = model.score(
            [Query((), QueryContext(now_ms=self.generation.manifest.created_ms, country=country))]
        )[0]
        places, known = _alignment(self.view, model.vocabulary.title_ids)
        logs = np.log1p(np.maximum(shares, 0) * 1e4)
        top = float(logs.max()) if logs.size else 0.0
        scaled = (logs / top if top > 0 else logs).astype(np.float32)
        if scaled.size:
            result[:] = float(np.median(scaled))
        result[places] = scaled[known]
        return result

    def _similar_of(self, number: int) -> tuple[Numbers, Floats]:
        model, none = self.generation.similars, (np.empty(0, np.int32), np.empty(0, np.float32))
        if model is None:
            return none
        anchor = model.vocabulary.number(self.view.title_ids[number])
        if anchor == UNKNOWN:
            return none
        numbers, scores = model.similar(anchor, SIMILAR_KEPT)
        places = np.array(
            [self.view.number_of(title_id) for title_id in model.vocabulary.ids(numbers)], np.int32
        )
        known = places != UNKNOWN
        return places[known], scores[known]


def make_serving_snapshot(generation: LoadedGeneration, view: CatalogView) -> ServingSnapshot:
    """Align the generation's models to the view; some ten milliseconds, so not on a request's path."""
    vectors = np.zeros((len(view), 0), np.float32)
    trained = np.zeros(len(view), np.bool_)
    if generation.encoder is not None:
        matrix = generation.encoder.item_vectors
        places, known = _alignment(view, generation.encoder.vocabulary.title_ids)
        vectors = np.zeros((len(view), matrix.shape[1]), np.float32)
        vectors[places] = matrix[known]
        trained[places] = np.abs(matrix[known]).sum(axis=1) > 0
    has_vector = trained.copy()
    if vectors.shape[1]:
        for number, vector in stand_ins(view, vectors, trained):
            vectors[number], has_vector[number] = vector, True
    return ServingSnapshot(generation, view, vectors, has_vector, trained)


def _alignment(view: CatalogView, title_ids: tuple[TitleId, ...]) -> tuple[Numbers, Numbers]:
    """(places in the view, rows of the model) for every title that both know."""
    places = np.array([view.number_of(title_id) for title_id in title_ids], np.int32)
    known = np.flatnonzero(places != UNKNOWN).astype(np.int32)
    return places[known], known
