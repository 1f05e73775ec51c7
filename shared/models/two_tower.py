"""Two-tower model: a query tower over history and context, and one vector per title.

Title vectors are learned from ids and metadata. Trained by torch (`offline.training.two_tower`),
served by numpy.
"""

from collections.abc import Sequence
from dataclasses import dataclass, fields
from typing import Final, Self

import numpy as np
import numpy.typing as npt

from shared.clock import HOUR_MS
from shared.features.context import CONTEXT_SIZE, context_features, device_code
from shared.features.titles import BUCKETS
from shared.models.dot_product import DotProductEncoder
from shared.models.files import ArraySpec, from_model_files, to_model_files
from shared.models.history import strength
from shared.models.port import Files, Query, QueryContext, Scores, Vectors
from shared.models.ranking import nearest
from shared.vocabulary import UNKNOWN, Numbers, Vocabulary

AGE_BUCKETS: Final = 16
"""See `age_bucket`; 15 doublings of an hour are 3.7 years."""
EPSILON: Final = 1e-12
"""Smallest norm that a vector is divided by."""


@dataclass(frozen=True)
class TwoTowerSettings:
    """The sizes of the model's layers; guesses."""

    embedding_size: int = 64
    heads: int = 4
    """Attention heads over the history."""
    hidden: int = 128
    history_length: int = 50
    """Number of latest entries that the model reads."""
    buckets: int = BUCKETS
    """Hash buckets of title metadata; used in training only."""


@dataclass(frozen=True)
class TwoTowerParameters:
    """float32 arrays; sizes are those of the settings, `titles` is the vocabulary's length."""

    item_vectors: Vectors
    """[titles, size + 1]: unit vectors, with the title's bias as last coordinate."""
    history_vectors: Vectors
    """[titles, size]: the vector of a title as a history entry."""
    content: Vectors
    """[heads, size]: the attention query of each head."""
    position_bias: Vectors
    """[heads, history_length]: attention by position, 0 for the latest entry."""
    age_bias: Vectors
    """[heads, AGE_BUCKETS]: attention by the entry's age at the time of the query."""
    gates: Vectors
    """[heads, size]: weights of the heads' outputs in the embedding, past the hidden layer."""
    hidden_weights: Vectors
    """[hidden_inputs(settings), hidden]."""
    hidden_bias: Vectors
    output_weights: Vectors
    """[hidden, size]."""
    output_bias: Vectors
    scale: Vectors
    """[1]: length of the embedding; a longer one makes the softmax over titles sharper."""


class TwoTower(DotProductEncoder):
    """Score = embedding · title vector; the embedding's last coordinate is 1, for the title's bias.

    Titles without plays have vectors from their metadata alone. Training prepares for that by
    hiding the ids of some titles in each batch.
    """

    family: str = "two_tower"

    def __init__(
        self, settings: TwoTowerSettings, vocabulary: Vocabulary, parameters: TwoTowerParameters
    ) -> None:
        self.settings = settings
        self.vocabulary = vocabulary
        self.parameters = parameters

    @property
    def item_vectors(self) -> Vectors:
        return self.parameters.item_vectors

    def encode(self, queries: Sequence[Query]) -> Vectors:
        size = self.settings.embedding_size + 1
        if not queries:
            return np.empty((0, size), np.float32)
        # Queries are encoded separately, because a replay must write the same bytes in any batch.
        return np.stack([self._encode(query) for query in queries])

    def similar(self, number: int, k: int) -> tuple[Numbers, Scores]:
        return nearest(self.item_vectors[:, :-1], number, k)

    def to_files(self) -> Files:
        arrays = {
            field.name: getattr(self.parameters, field.name) for field in fields(TwoTowerParameters)
        }
        return to_model_files(self, arrays)

    @classmethod
    def from_files(cls, files: Files) -> Self:
        parts = from_model_files(files, cls.family, TwoTowerSettings, _specs)
        return cls(parts.settings, parts.vocabulary, TwoTowerParameters(**parts.arrays))

    def _encode(self, query: Query) -> npt.NDArray[np.float32]:
        parameters = self.parameters
        numbers, ages, strengths = read_history(
            query, self.vocabulary, self.settings.history_length
        )
        pooled = self._attend(numbers, ages, strengths)
        evidence = np.log1p(np.float32(len(numbers))) / np.log1p(
            np.float32(self.settings.history_length)
        )
        inputs = np.concatenate([pooled.ravel(), _context_row(query.context), [evidence]]).astype(
            np.float32
        )
        hidden = np.maximum(inputs @ parameters.hidden_weights + parameters.hidden_bias, 0)
        direct = (pooled * parameters.gates).sum(axis=0)
        output = hidden @ parameters.output_weights + parameters.output_bias + direct
        unit = output / max(float(np.linalg.norm(output)), EPSILON)
        embedding: npt.NDArray[np.float32] = np.append(unit * parameters.scale, 1).astype(
            np.float32
        )
        return embedding

    def _attend(
        self, numbers: Numbers, ages: npt.NDArray[np.int8], strengths: npt.NDArray[np.float32]
    ) -> Vectors:
        """float32[heads, size]: each head's weighted mean of the history's vectors.

        Zeros for an empty history.
        """
        parameters = self.parameters
        if not len(numbers):
            return np.zeros_like(parameters.content)
        entries = parameters.history_vectors[numbers]
        position = np.arange(len(numbers))[::-1]
        attention = parameters.content @ entries.T / np.sqrt(np.float32(entries.shape[1])) + np.log(
            strengths
        )
        attention += parameters.position_bias[:, position] + parameters.age_bias[:, ages]
        weights = np.exp(attention - attention.max(axis=1, keepdims=True))
        pooled: Vectors = (weights / weights.sum(axis=1, keepdims=True)) @ entries
        return pooled


def read_history(
    query: Query, vocabulary: Vocabulary, length: int
) -> tuple[Numbers, npt.NDArray[np.int8], npt.NDArray[np.float32]]:
    """Numbers, age buckets and strengths of the latest entries, oldest first.

    Entries outside the vocabulary or with strength 0 are left out.
    """
    entries = [(vocabulary.number(entry.title_id), entry) for entry in query.history]
    strengths = strength([entry.fraction for _, entry in entries])
    liked = [
        (number, entry, liking)
        for (number, entry), liking in zip(entries, strengths, strict=True)
        if number != UNKNOWN and liking > 0
    ]
    latest = liked[-length:]
    ages = np.asarray([query.context.now_ms - entry.time_ms for _, entry, _ in latest], np.int64)
    return (
        np.asarray([number for number, _, _ in latest], np.int32),
        age_bucket(ages),
        np.asarray([liking for _, _, liking in latest], np.float32),
    )


def age_bucket(age_ms: npt.NDArray[np.int64]) -> npt.NDArray[np.int8]:
    """int8[n]: bucket 0 is under one hour; each further bucket ends at twice the age."""
    hours = np.maximum(age_ms, 0) / HOUR_MS
    return np.minimum(np.log2(1 + hours), AGE_BUCKETS - 1).astype(np.int8)


def item_vectors_of(raw: Vectors, bias: npt.NDArray[np.float32]) -> Vectors:
    """float32[titles, size + 1]: rows scaled to unit length, then the bias.

    A row of zeros stays a row of zeros.
    """
    lengths = np.maximum(np.linalg.norm(raw, axis=1, keepdims=True), EPSILON)
    return np.concatenate([raw / lengths, bias[:, None]], axis=1).astype(np.float32)


def _context_row(context: QueryContext) -> npt.NDArray[np.float32]:
    time_ms = np.asarray([context.now_ms], np.int64)
    offset_min = np.asarray([context.utc_offset_min], np.int16)
    device = np.asarray([device_code(context.device)], np.int8)
    return context_features(time_ms, offset_min, device).ravel()


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
    }
    return {name: ArraySpec(np.float32, shape) for name, shape in shapes.items()}


def hidden_inputs(settings: TwoTowerSettings) -> int:
    """Inputs of the hidden layer: the heads' outputs, the context, and the history's length."""
    return settings.heads * settings.embedding_size + CONTEXT_SIZE + 1
