"""The base class of encoders: an id that is a hash of the content, and dot-product scores."""

from abc import ABC, abstractmethod
from collections.abc import Sequence
from functools import cached_property

from shared.ids import EncoderId
from shared.models.files import content_id
from shared.models.port import Files, Query, Scores, Vectors
from shared.vocabulary import Numbers


class DotProductEncoder(ABC):
    """Base class of the encoders; implements `encoder_id` and `score` of `port.Encoder`."""

    @property
    @abstractmethod
    def item_vectors(self) -> Vectors:
        """float32[len(vocabulary), embedding_size]."""

    @abstractmethod
    def encode(self, queries: Sequence[Query]) -> Vectors:
        """float32[batch, embedding_size]."""

    @abstractmethod
    def to_files(self) -> Files:
        """The model as files; equal models give equal bytes."""

    @cached_property
    def encoder_id(self) -> EncoderId:
        """Hash of the model's files, computed once."""
        return EncoderId(content_id(self.to_files()))

    def score(self, queries: Sequence[Query], candidates: Numbers | None = None) -> Scores:
        """float32[batch, items]: embedding · item vector."""
        vectors = self.item_vectors if candidates is None else self.item_vectors[candidates]
        return self.encode(queries) @ vectors.T
