"""The model ports: one protocol per capability; a tier requires only the ones it uses.

A *query* is a history with times and a context. In shapes, `batch` is the number of queries and
`items` the number of candidates. Scores are float32, higher is better, and comparable within one
query only; −inf means that the title must not be shown. A score does not depend on the other
queries of the batch. Titles outside the vocabulary are ignored in histories; a query without any
other title gets the model's scores for a cold profile. Implementations do not change after
construction, so threads may share them.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Protocol, Self, runtime_checkable

import numpy as np
import numpy.typing as npt

from shared.ids import EncoderId, TitleId
from shared.vocabulary import Numbers, Vocabulary

Scores = npt.NDArray[np.float32]
Vectors = npt.NDArray[np.float32]
Files = Mapping[str, bytes]


@dataclass(frozen=True, slots=True)
class HistoryEntry:
    """A watched title: the time of its last viewing, and the share of its runtime watched, 0..1."""

    title_id: TitleId
    time_ms: int
    fraction: float = 1.0
    device: str = "unknown"


@dataclass(frozen=True, slots=True)
class QueryContext:
    """Time, device and country of a query; `utc_offset_min` is local time minus UTC."""

    now_ms: int
    utc_offset_min: int = 0
    device: str = "unknown"
    country: str | None = None


@dataclass(frozen=True, slots=True)
class Query:
    """The input of a model: a history, oldest entry first, and a context.

    All entries are earlier than `context.now_ms`.
    """

    history: tuple[HistoryEntry, ...]
    context: QueryContext


@runtime_checkable
class Scorer(Protocol):
    """Scores titles for queries."""

    @property
    def vocabulary(self) -> Vocabulary:
        """The titles that the model can score, and their numbers."""
        ...

    def score(self, queries: Sequence[Query], candidates: Numbers | None = None) -> Scores:
        """float32[batch, items]: scores of the candidate numbers, or of the whole vocabulary."""
        ...


@runtime_checkable
class Encoder(Scorer, Protocol):
    """A scorer by the dot product of a query embedding and an item vector.

    Nearline stores the embeddings of profiles, so that pages do not encode.
    """

    @property
    def encoder_id(self) -> EncoderId:
        """Hash of the model's content; only vectors of the same encoder id may be multiplied."""
        ...

    @property
    def item_vectors(self) -> Vectors:
        """float32[len(vocabulary), embedding_size]."""
        ...

    def encode(self, queries: Sequence[Query]) -> Vectors:
        """float32[batch, embedding_size]."""
        ...


@runtime_checkable
class SimilarTitles(Protocol):
    """A model of the similarity between titles."""

    @property
    def vocabulary(self) -> Vocabulary:
        """The titles that have numbers."""
        ...

    def similar(self, number: int, k: int) -> tuple[Numbers, Scores]:
        """Up to `k` similar numbers with their scores, best first, without `number` itself."""
        ...


@runtime_checkable
class Persistable(Protocol):
    """A model that can be stored in an artifact; the files are safetensors and JSON, no pickles."""

    family: str

    def to_files(self) -> Files:
        """The model as files; equal models give equal bytes."""
        ...

    @classmethod
    def from_files(cls, files: Files) -> Self:
        """The stored model; its scores equal those of the original.

        Raises:
            ArtifactCorrupt: a file is missing, or its content is not a model of this family.
        """
        ...
