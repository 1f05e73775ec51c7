"""Two towers: a query tower over timed history and context, and title vectors from id and metadata;
served by numpy, trained by torch.
"""

from collections.abc import Sequence
from dataclasses import dataclass, fields
from functools import cached_property
from typing import Final, Self

import numpy as np
import numpy.typing as npt
from scipy.sparse import csr_matrix

from shared.clock import HOUR_MS
from shared.features.context import CONTEXT_SIZE, context_features, device_code
from shared.features.titles import BUCKETS
from shared.ids import EncoderId
from shared.models.files import ArraySpec, ModelParts, content_id, from_model_files, to_model_files
from shared.models.history import strength
from shared.models.port import Files, Query, QueryContext, Scores, Vectors
from shared.models.ranking import nearest
from shared.vocabulary import UNKNOWN, Numbers, Vocabulary

AGE_BUCKETS: Final = 16
TINY: Final = 1e-12


@dataclass(frozen=True)
class TwoTowerSettings:
    """The shape of the model."""

    embedding_size: int = 64
    heads: int = 4
    """Ways of reading the history, each with its own attention to recency and kind of title."""
    hidden: int = 128
    history_length: int = 50
    """Only the latest so many entries are read."""
    buckets: int = BUCKETS
    """Hash buckets of title metadata."""


@dataclass(frozen=True)
class TwoTowerParameters:
    """float32 arrays; sizes are those of the settings, `titles` the vocabulary's length."""

    item_vectors: Vectors
    """[titles, size + 1]: unit vectors, and each title's bias as last coordinate."""
    history_vectors: Vectors
    """[titles, size]: what a title adds to a history."""
    content: Vectors
    """[heads, size]: which titles of a history a head looks at."""
    position_bias: Vectors
    """[heads, history_length]: by place from the latest entry (0) backwards."""
    age_bias: Vectors
    """[heads, AGE_BUCKETS]: by age at the moment of the query."""
    gates: Vectors
    """[heads, size]: how each head's reading enters the embedding directly."""
    hidden_weights: Vectors
    """[hidden_inputs(settings), hidden]."""
    hidden_bias: Vectors
    output_weights: Vectors
    """[hidden, size]."""
    output_bias: Vectors
    scale: Vectors
    """[1]: length of the embedding: how sharply the model may tell titles apart."""
    metadata_vectors: Vectors
    """[buckets, size]: what each word of metadata adds to a title's vector."""
    metadata_bias: Vectors
    """[buckets]."""


class TwoTower:
    """Score = embedding · title vector. The embedding's last coordinate is 1, and meets the title's
    bias.

    Titles nobody has played have vectors too: from their metadata alone, as training has rehearsed
    by hiding ids.
    """

    family: str = "two_tower"

    def __init__(
        self, settings: TwoTowerSettings, vocabulary: Vocabulary, parameters: TwoTowerParameters
    ) -> None:
        self.settings = settings
        self.vocabulary = vocabulary
        self.parameters = parameters

    @cached_property
    def encoder_id(self) -> EncoderId:
        return EncoderId(content_id(self.to_files()))

    @property
    def item_vectors(self) -> Vectors:
        return self.parameters.item_vectors

    def encode(self, queries: Sequence[Query]) -> Vectors:
        size = self.settings.embedding_size + 1
        if not queries:
            return np.empty((0, size), np.float32)
        # One by one, so that an embedding has the same bytes whatever else is in the batch: replays
        # must write what was written.
        return np.stack([self._encode(query) for query in queries])

    def score(self, queries: Sequence[Query], candidates: Numbers | None = None) -> Scores:
        vectors = self.item_vectors if candidates is None else self.item_vectors[candidates]
        return self.encode(queries) @ vectors.T

    def similar(self, number: int, k: int) -> tuple[Numbers, Scores]:
        return nearest(self.item_vectors[:, :-1], number, k)

    def describe(self, features: csr_matrix) -> Vectors:
        """float32[titles, size + 1]: vectors of titles outside the vocabulary, from
        shared.features.titles.feature_matrix.
        """
        parameters = self.parameters
        return item_vectors_of(
            features @ parameters.metadata_vectors, features @ parameters.metadata_bias
        )

    def to_files(self) -> Files:
        arrays = {
            field.name: getattr(self.parameters, field.name) for field in fields(TwoTowerParameters)
        }
        return to_model_files(self.family, ModelParts(self.settings, self.vocabulary, arrays, {}))

    @classmethod
    def from_files(cls, files: Files) -> Self:
        parts = from_model_files(files, cls.family, TwoTowerSettings, _specs)
        return cls(parts.settings, parts.vocabulary, TwoTowerParameters(**parts.arrays))

    def _encode(self, query: Query) -> npt.NDArray[np.float32]:
        parameters = self.parameters
        numbers, ages, strengths = read_history(
            query, self.vocabulary, self.settings.history_length
        )
        readings = self._read(numbers, ages, strengths)
        evidence = np.log1p(np.float32(len(numbers))) / np.log1p(
            np.float32(self.settings.history_length)
        )
        inputs = np.concatenate([readings.ravel(), _context_row(query.context), [evidence]]).astype(
            np.float32
        )
        hidden = np.maximum(inputs @ parameters.hidden_weights + parameters.hidden_bias, 0)
        direct = (readings * parameters.gates).sum(axis=0)
        output = hidden @ parameters.output_weights + parameters.output_bias + direct
        unit = output / max(float(np.linalg.norm(output)), TINY)
        embedding: npt.NDArray[np.float32] = np.append(unit * parameters.scale, 1).astype(
            np.float32
        )
        return embedding

    def _read(
        self, numbers: Numbers, ages: npt.NDArray[np.int8], strengths: npt.NDArray[np.float32]
    ) -> Vectors:
        """float32[heads, size]: each head's weighted mean of the history's vectors; zeros for an
        empty history.
        """
        parameters = self.parameters
        if not len(numbers):
            return np.zeros_like(parameters.content)
        entries = parameters.history_vectors[numbers]
        place = np.arange(len(numbers))[::-1]
        attention = parameters.content @ entries.T / np.sqrt(np.float32(entries.shape[1])) + np.log(
            strengths
        )
        attention += parameters.position_bias[:, place] + parameters.age_bias[:, ages]
        weights = np.exp(attention - attention.max(axis=1, keepdims=True))
        readings: Vectors = (weights / weights.sum(axis=1, keepdims=True)) @ entries
        return readings


def read_history(
    query: Query, vocabulary: Vocabulary, length: int
) -> tuple[Numbers, npt.NDArray[np.int8], npt.NDArray[np.float32]]:
    """Numbers, age buckets and strengths of the latest entries that are known and were liked, from
    the oldest to the latest.
    """
    entries = [(vocabulary.number(entry.title_id), entry) for entry in query.history]
    strengths = strength([entry.fraction for _, entry in entries])
    kept = [
        (number, entry, liked)
        for (number, entry), liked in zip(entries, strengths, strict=True)
        if number != UNKNOWN and liked > 0
    ]
    kept = kept[-length:]
    ages = np.asarray([query.context.now_ms - entry.time_ms for _, entry, _ in kept], np.int64)
    return (
        np.asarray([number for number, _, _ in kept], np.int32),
        age_bucket(ages),
        np.asarray([liked for _, _, liked in kept], np.float32),
    )


def age_bucket(age_ms: npt.NDArray[np.int64]) -> npt.NDArray[np.int8]:
    """int8[n]: ages doubling from bucket to bucket, under an hour in 0, years in the last."""
    hours = np.maximum(age_ms, 0) / HOUR_MS
    return np.minimum(np.log2(1 + hours), AGE_BUCKETS - 1).astype(np.int8)


def item_vectors_of(raw: Vectors, bias: npt.NDArray[np.float32]) -> Vectors:
    """float32[titles, size + 1]: rows scaled to unit length, the bias behind; a row of zeros stays
    one.
    """
    lengths = np.maximum(np.linalg.norm(raw, axis=1, keepdims=True), TINY)
    return np.concatenate([raw / lengths, bias[:, None]], axis=1).astype(np.float32)


def _context_row(context: QueryContext) -> npt.NDArray[np.float32]:
    moment = np.asarray([context.now_ms], np.int64)
    offset, device = (
        np.asarray([context.utc_offset_min], np.int16),
        np.asarray([device_code(context.device)], np.int8),
    )
    return context_features(moment, offset, device).ravel()


def _specs(settings: TwoTowerSettings, titles: int) -> dict[str, ArraySpec]:
    size, heads, hidden = settings.embedding_size, settings.heads, settings.hidden
    shapes: dict[str, tuple[int, ...]] = {
        "item_vectors": (titles, size + 1),
        "history_vectors": (titles, size),
        "content": (heads, size),
        "position_bias": (heads, settings.history_length),
        "age_bias": (heads, AGE_BUCKETS),
        "gates": (heads, size),
        "hidden_weights": (hidden_inputs(settings), hidden),
        "hidden_bias": (hidden,),
        "output_weights": (hidden, size),
        "output_bias": (size,),
        "scale": (1,),
        "metadata_vectors": (settings.buckets, size),
        "metadata_bias": (settings.buckets,),
    }
    return {name: ArraySpec(np.float32, shape) for name, shape in shapes.items()}


def hidden_inputs(settings: TwoTowerSettings) -> int:
    """How many numbers enter the hidden layer: all readings, the context, and how long the history
    is.
    """
    return settings.heads * settings.embedding_size + CONTEXT_SIZE + 1
