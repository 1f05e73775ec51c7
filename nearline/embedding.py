"""The profile's embedding, kept fresh: each digest that changes is encoded again by the published
encoder; a cache, never a need.
"""

import logging
from collections.abc import Callable, Mapping, Sequence
from typing import Protocol

import numpy as np

from nearline.telemetry import Telemetry
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
    """Makes the rows that hold embeddings; no rows while there is no encoder."""

    def rows(self, digests: Sequence[Digest]) -> Sequence[dict[Key, Cells]]:
        """For each digest the rows to be written beside it, none or one."""
        ...


class PublishedEncoder:
    """Encodes by the encoder of the published generation, looking every few seconds whether another
    one was published.

    The pointer and the artifacts may be out of reach, or an encoder may be broken: then the last
    good one goes on, or there are no embeddings, which pages make up for. Folding never waits for
    one.
    """

    def __init__(
        self,
        store: Store,
        artifacts: Artifacts,
        load_model: Callable[[str, Mapping[str, bytes]], object],
        clock: Clock,
        every_s: float,
        telemetry: Telemetry,
    ) -> None:
        self._store = store
        self._artifacts = artifacts
        self._load_model = load_model
        self._clock = clock
        self._every_s = every_s
        self._telemetry = telemetry
        self._next_look_s = 0.0
        self._generation: GenerationId | None = None
        self._encoder: Encoder | None = None

    def rows(self, digests: Sequence[Digest]) -> Sequence[dict[Key, Cells]]:
        encoder = self.current()
        if encoder is None or not digests:
            return [{} for _ in digests]
        try:
            vectors = np.asarray(
                encoder.encode([query_of(digest) for digest in digests]), dtype="<f4"
            )
        except Exception:  # whatever a model may do, folding goes on; the count raises the alarm
            log.exception("encoder %s failed on a batch of %d", encoder.encoder_id, len(digests))
            self._telemetry.encoder_failures.labels("encode").inc()
            return [{} for _ in digests]
        return [
            self._row(encoder, digest, vector)
            for digest, vector in zip(digests, vectors, strict=True)
        ]

    def _row(self, encoder: Encoder, digest: Digest, vector: Vectors) -> dict[Key, Cells]:
        if not np.isfinite(vector).all():
            self._telemetry.encoder_failures.labels("not_finite").inc()
            return {}
        return {
            vector_key(encoder.encoder_id): {
                VALUE: pack(ProfileVector(encoder.encoder_id, digest.position, vector.tobytes()))
            }
        }

    def current(self) -> Encoder | None:
        """The encoder in use, after a look at the pointer if one is due."""
        if self._clock.monotonic_s() >= self._next_look_s:
            self._next_look_s = self._clock.monotonic_s() + self._every_s
            try:
                self._look()
            except (StoreUnavailable, ArtifactMissing, ArtifactCorrupt) as error:
                log.warning(
                    "keeping encoder %s: %s",
                    self._encoder.encoder_id if self._encoder else None,
                    error,
                )
                self._telemetry.encoder_failures.labels("load").inc()
        return self._encoder

    def _look(self) -> None:
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
                f"a model of family {family} fills the role {ENCODER} but does not encode"
            )
        return model

    def _use(self, encoder: Encoder | None) -> None:
        self._telemetry.encoder.clear()
        if encoder is not None:
            self._telemetry.encoder.labels(encoder.encoder_id).set(1)
        self._encoder = encoder
