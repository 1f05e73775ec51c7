"""The cached embedding of a profile: the published encoder encodes each digest that changes."""

import logging
from collections.abc import Callable, Mapping, Sequence
from typing import Protocol

import numpy as np

from nearline.telemetry import WorkerMetrics
from shared.artifacts.generation import ENCODER, load_generation
from shared.artifacts.port import Artifacts
from shared.clock import Clock
from shared.errors import ArtifactCorrupt, ArtifactMissing, StoreUnavailable
from shared.ids import MAIN_ARM, GenerationId
from shared.models.port import Encoder, Vectors
from shared.models.queries import query_of
from shared.records.blob import pack
from shared.records.digest import Digest, ProfileVector, vector_key
from shared.store.port import Cells, Key, Store
from shared.store.tables import PUBLICATIONS, VALUE

log = logging.getLogger(__name__)


class EmbeddingRefresher(Protocol):
    """Builds the rows that store embeddings; no rows while there is no encoder."""

    def rows(self, digests: Sequence[Digest]) -> Sequence[dict[Key, Cells]]:
        """For each digest the rows to be written with it: none or one."""
        ...


class PublishedEncoder:
    """Encodes with the encoder of the published generation, and checks periodically for a new one.

    If the pointer or the artifacts cannot be read, the previous encoder stays in use. If encoding
    fails, the batch has no embeddings; pages then compute their own. Folding never waits for an
    encoder.
    """

    def __init__(
        self,
        store: Store,
        artifacts: Artifacts,
        load_model: Callable[[str, Mapping[str, bytes]], object],
        clock: Clock,
        every_s: float,
        metrics: WorkerMetrics,
    ) -> None:
        self._store = store
        self._artifacts = artifacts
        self._load_model = load_model
        self._clock = clock
        self._every_s = every_s
        self._metrics = metrics
        self._next_check_s = 0.0
        self._generation: GenerationId | None = None
        self._encoder: Encoder | None = None

    def rows(self, digests: Sequence[Digest]) -> Sequence[dict[Key, Cells]]:
        encoder = self._current()
        if encoder is None or not digests:
            return [{} for _ in digests]
        try:
            vectors = np.asarray(
                encoder.encode([query_of(digest) for digest in digests]), dtype="<f4"
            )
        except Exception:  # no failure of a model may stop folding; a metric counts it
            log.exception("encoder %s failed on a batch of %d", encoder.encoder_id, len(digests))
            self._metrics.encoder_failures.labels("encode").inc()
            return [{} for _ in digests]
        return [
            self._row(encoder, digest, vector)
            for digest, vector in zip(digests, vectors, strict=True)
        ]

    def _row(self, encoder: Encoder, digest: Digest, vector: Vectors) -> dict[Key, Cells]:
        if not np.isfinite(vector).all():
            self._metrics.encoder_failures.labels("not_finite").inc()
            return {}
        stored = ProfileVector(encoder.encoder_id, digest.position, vector.tobytes())
        return {vector_key(encoder.encoder_id): {VALUE: pack(stored)}}

    def _current(self) -> Encoder | None:
        """The encoder in use, after a check of the pointer if one is due."""
        if self._clock.monotonic_s() >= self._next_check_s:
            self._next_check_s = self._clock.monotonic_s() + self._every_s
            try:
                self._check_published()
            except (StoreUnavailable, ArtifactMissing, ArtifactCorrupt) as error:
                encoder_id = self._encoder.encoder_id if self._encoder else None
                log.warning("encoder %s stays in use: %s", encoder_id, error)
                self._metrics.encoder_failures.labels("load").inc()
        return self._encoder

    def _check_published(self) -> None:
        row = self._store.read(PUBLICATIONS, (MAIN_ARM,)).get(())
        published = GenerationId(str(row["current"])) if row is not None else None
        if published is None or published == self._generation:
            return
        role = load_generation(self._artifacts, published).roles.get(ENCODER)
        self._use(
            None if role is None else self._load(role.family, self._artifacts.get(role.artifact))
        )
        self._generation = published

    def _load(self, family: str, files: Mapping[str, bytes]) -> Encoder:
        model = self._load_model(family, files)
        if not isinstance(model, Encoder):
            raise ArtifactCorrupt(
                f"a model of family {family} fills the role {ENCODER} but is not an encoder"
            )
        return model

    def _use(self, encoder: Encoder | None) -> None:
        self._metrics.encoder.clear()
        if encoder is not None:
            self._metrics.encoder.labels(encoder.encoder_id).set(1)
        self._encoder = encoder
