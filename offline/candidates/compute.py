"""Candidates of every profile, computed in batches by Spark tasks that write them to the store."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import islice
from typing import Final

import msgspec
import numpy as np
import pyarrow as pa
from pyspark.sql import SparkSession
from pyspark.sql import functions as f

from offline.candidates.catalog_arrays import CatalogArrays, Mask
from offline.candidates.inputs import ProfileInputs, read_inputs
from offline.candidates.models import Floats, RoleModels, load_roles
from offline.candidates.rows import RowMaker, ScoredProfile
from offline.candidates.settings import CandidateSettings
from offline.lake.event_schema import spark_schema
from shared.artifacts.generation import CATALOG, RoleArtifact
from shared.artifacts.port import Artifacts
from shared.catalog.snapshot import snapshot_titles
from shared.clock import Clock
from shared.connections import ConnectionFactory
from shared.ids import EncoderId, GenerationId
from shared.models.port import Query, QueryContext
from shared.records.blob import pack
from shared.records.candidates import Candidates
from shared.store.port import Store, Write
from shared.store.tables import PROFILE_CANDIDATES, VALUE

# Profiles per matrix product. A guess: large enough for BLAS, small enough for a task's memory.
BATCH_PROFILES: Final = 256
_COUNTS: Final = pa.schema(
    [("profiles", pa.int64()), ("rows", pa.int64()), ("tiles", pa.int64()), ("bytes", pa.int64())]
)


class WrittenCandidates(msgspec.Struct, frozen=True):
    """The numbers of written profiles, rows, tiles and bytes, and the duration of all tasks."""

    profiles: int
    rows: int
    tiles: int
    bytes: int
    seconds: float


@dataclass(frozen=True)
class CandidateJob:
    """The function that Spark runs over batches of profiles. A task loads the models once.

    A task that runs again writes the same bytes at the same timestamp: the creation time of the
    generation in microseconds.
    """

    generation_id: GenerationId
    created_ms: int
    roles: Mapping[str, RoleArtifact]
    settings: CandidateSettings
    artifacts_factory: ConnectionFactory[Artifacts]
    store_factory: ConnectionFactory[Store]

    def __call__(self, batches: Iterable[pa.RecordBatch]) -> Iterator[pa.RecordBatch]:
        artifacts, store = self.artifacts_factory.open(), self.store_factory.open()
        try:
            worker = CandidateWorker.load(self, artifacts)
            profiles = (
                profile for batch in batches for profile in read_inputs(batch, self.created_ms)
            )
            while chunk := list(islice(profiles, BATCH_PROFILES)):
                yield self._write(store, chunk, worker.candidates(chunk))
        finally:
            store.close()

    def _write(
        self, store: Store, profiles: Sequence[ProfileInputs], candidates: Sequence[Candidates]
    ) -> pa.RecordBatch:
        blobs = [pack(profile_candidates) for profile_candidates in candidates]
        key, timestamp = (self.generation_id,), self.created_ms * 1000
        store.write(
            [
                Write(PROFILE_CANDIDATES, (profile.profile_id,), {key: {VALUE: blob}}, timestamp)
                for profile, blob in zip(profiles, blobs, strict=True)
            ]
        )
        rows = [row for profile_candidates in candidates for row in profile_candidates.rows]
        tiles = sum(len(row.numbers) // 4 for row in rows)
        counts = (len(profiles), len(rows), tiles, sum(map(len, blobs)))
        return pa.RecordBatch.from_arrays(
            [pa.array([count], pa.int64()) for count in counts], schema=_COUNTS
        )


@dataclass(frozen=True)
class CandidateWorker:
    """The models and the catalog of one task."""

    job: CandidateJob
    catalog: CatalogArrays
    models: RoleModels
    maker: RowMaker

    @classmethod
    def load(cls, job: CandidateJob, artifacts: Artifacts) -> "CandidateWorker":
        """Load the artifacts of the job's roles."""
        titles = snapshot_titles(artifacts.get(job.roles[CATALOG].artifact))
        catalog = CatalogArrays(titles, job.created_ms)
        models = load_roles(artifacts, job.roles, catalog.vocabulary)
        maker = RowMaker(
            settings=job.settings,
            catalog=catalog,
            prior=genre_prior(models, catalog),
            neighbors=models.similars,
            picks_source=models.top_picks_family,
            picks_version=models.top_picks_version,
            popular_version=models.popularity_version,
        )
        return cls(job, catalog, models, maker)

    def candidates(self, profiles: Sequence[ProfileInputs]) -> list[Candidates]:
        """Return the candidates of each profile. They do not depend on the rest of the batch."""
        queries = [profile.query for profile in profiles]
        scores = self.models.top_picks.score(queries)
        popular = self.models.popularity.score(queries)
        vectors = self._vectors(queries)
        return [
            self._of_profile(
                profile,
                ScoredProfile(
                    history=profile.query.history,
                    opinions=profile.opinions,
                    played=profile.played,
                    finished=frozenset(profile.finished),
                    scores=scores[n],
                    popular=popular[n],
                    excluded=self._excluded(profile),
                ),
                vectors[n],
            )
            for n, profile in enumerate(profiles)
        ]

    def _vectors(self, queries: Sequence[Query]) -> list[bytes]:
        encoder = self.models.encoder
        if encoder is None:
            return [b""] * len(queries)
        return [row.astype("<f4").tobytes() for row in encoder.encode(queries)]

    def _of_profile(
        self, profile: ProfileInputs, scored: ScoredProfile, vector: bytes
    ) -> Candidates:
        encoder = self.models.encoder
        return Candidates(
            generation=self.job.generation_id,
            rows=self.maker.rows(scored),
            encoder_id=EncoderId("") if encoder is None else encoder.encoder_id,
            vector=vector,
            disliked=profile.disliked,
            finished=profile.finished,
            maturity_ceiling=profile.maturity_ceiling,
            country=profile.country,
        )

    def _excluded(self, profile: ProfileInputs) -> Mask:
        excluded = ~self.catalog.allowed(profile.maturity_ceiling, profile.country)
        excluded[self.catalog.vocabulary.numbers(profile.disliked)] = True
        return excluded


def compute_candidates(
    spark: SparkSession, job: CandidateJob, inputs: pa.Table, tasks: int, clock: Clock
) -> WrittenCandidates:
    """Compute and write candidates for every row of `inputs` in this many tasks."""
    began_s = clock.monotonic_s()
    counts = spark.createDataFrame(inputs).repartition(tasks).mapInArrow(job, spark_schema(_COUNTS))
    total = counts.agg(
        *(f.coalesce(f.sum(name), f.lit(0)).alias(name) for name in _COUNTS.names)
    ).collect()[0]
    seconds = clock.monotonic_s() - began_s
    return WrittenCandidates(total.profiles, total.rows, total.tiles, total.bytes, seconds)


def genre_prior(models: RoleModels, catalog: CatalogArrays) -> Floats:
    """Return float32[genres]: each genre's share of all watching.

    It is taken from the popularity model's scores for a profile without a history.
    """
    shares = models.popularity.score([Query((), QueryContext(catalog.now_ms))])[0]
    mass = np.where(np.isfinite(shares), np.maximum(shares, 0), 0).astype(np.float32)
    return (mass @ catalog.membership / max(float(mass.sum()), 1e-12)).astype(np.float32)
