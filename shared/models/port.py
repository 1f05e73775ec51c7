"""What the platform asks of a model: small protocols, each a capability; a tier asks for the one it
needs.

A *query* is a timed history and a context. `batch` is the number of queries, `items` the number of
candidates. Scores are float32, higher is better, comparable within one query only; −inf means
"never". A score does not depend on what else is in the batch. Unknown titles in a history are
ignored; a query without a known history gets the model's answer for a cold profile.
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
    """A title that the profile watched: when last, and the share of its runtime seen, 0..1."""

    title_id: TitleId
    time_ms: int
    fraction: float = 1.0
    device: str = "unknown"


@dataclass(frozen=True, slots=True)
class QueryContext:
    """The moment and place of a request; `utc_offset_min` is local time minus UTC."""

    now_ms: int
    utc_offset_min: int = 0
    device: str = "unknown"
    country: str | None = None


@dataclass(frozen=True, slots=True)
class Query:
    """What a model is asked about: the history from the oldest to the latest entry, all before
    `context.now_ms`.
    """

    history: tuple[HistoryEntry, ...]
    context: QueryContext


@runtime_checkable
class Scorer(Protocol):
    """Scores titles for queries."""

    @property
    def vocabulary(self) -> Vocabulary:
        """The titles that the model knows, and their numbers inside it."""
        ...

    def score(self, queries: Sequence[Query], candidates: Numbers | None = None) -> Scores:
        """float32[batch, items] for the candidate numbers given, or for the whole vocabulary in
        order.
        """
        ...


@runtime_checkable
class Encoder(Scorer, Protocol):
    """A scorer whose score is the dot product of a query's embedding and an item vector, so that
    embeddings can be kept fresh.
    """

    @property
    def encoder_id(self) -> EncoderId:
        """Hash of the content; vectors are multiplied only with item vectors of the same id."""
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
    """Titles that go with a title."""

    @property
    def vocabulary(self) -> Vocabulary: ...

    def similar(self, number: int, k: int) -> tuple[Numbers, Scores]:
        """Up to `k` numbers with scores, best first, without the title itself."""
        ...


@runtime_checkable
class Persistable(Protocol):
    """A model that lives in an artifact as plain files (safetensors, npz without pickles, JSON)."""

    family: str

    def to_files(self) -> Files:
        """The model as files; equal models give equal bytes."""
        ...

    @classmethod
    def from_files(cls, files: Files) -> Self:
        """The model back; scores are equal to those before.

        Raises:
            ArtifactCorrupt: a file is missing or does not hold what it should.
        """
        ...
