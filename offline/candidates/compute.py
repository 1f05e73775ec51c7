"""Candidates for every profile: batched matrix products inside Spark tasks, each of which writes
its own rows to the store.
"""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import islice

import numpy as np
import pyarrow as pa
from pyspark.sql import SparkSession
from pyspark.sql import functions as f

from offline.candidates.catalog_arrays import CatalogArrays, Mask
from offline.candidates.members import Profile, read_members
from offline.candidates.models import Floats, RoleModels, load_roles
from offline.candidates.rows import Member, RowMaker
from offline.candidates.settings import CandidateSettings
from shared.artifacts.generation import CATALOG, RoleArtifact
from shared.artifacts.port import Artifacts
from shared.catalog.snapshot import snapshot_titles
from shared.connections import ConnectionFactory
from shared.ids import EncoderId, GenerationId
from shared.models.port import Query, QueryContext
from shared.records.blob import pack
from shared.records.candidates import Candidates
from shared.store.port import Store, Write
from shared.store.tables import PROFILE_CANDIDATES, VALUE

BATCH = 256
_COUNTS = pa.schema(
    [("profiles", pa.int64()), ("rows", pa.int64()), ("tiles", pa.int64()), ("bytes", pa.int64())]
)


@dataclass(frozen=True, slots=True)
class Computed:
    """What was written."""

    profiles: int
    rows: int
    tiles: int
    bytes: int


@dataclass(frozen=True)
class CandidateJob:
    """The function that Spark runs over batches of profiles; models are loaded from the artifact
    store once a task.

    A task that is run again writes the same bytes at the same timestamp, the generation's creation
    in microseconds.
    """

    generation_id: GenerationId
    created_ms: int
    roles: Mapping[str, RoleArtifact]
    settings: CandidateSettings
    opens_artifacts: ConnectionFactory[Artifacts]
    opens_store: ConnectionFactory[Store]

    def __call__(self, batches: Iterable[pa.RecordBatch]) -> Iterator[pa.RecordBatch]:
        artifacts, store = self.opens_artifacts.open(), self.opens_store.open()
        try:
            bench = Bench.load(self, artifacts)
            profiles = (
                profile for batch in batches for profile in read_members(batch, self.created_ms)
            )
            while chunk := list(islice(profiles, BATCH)):
                yield self._write(store, bench.candidates(chunk))
        finally:
            store.close()

    def _write(self, store: Store, found: Sequence[tuple[Profile, Candidates]]) -> pa.RecordBatch:
        blobs = [pack(candidates) for _, candidates in found]
        key = (self.generation_id,)
        store.write(
            [
                Write(
                    PROFILE_CANDIDATES,
                    (profile.profile_id,),
                    {key: {VALUE: blob}},
                    self.created_ms * 1000,
                )
                for (profile, _), blob in zip(found, blobs, strict=True)
            ]
        )
        rows = [row for _, candidates in found for row in candidates.rows]
        counts = (
            len(found),
            len(rows),
            sum(len(row.numbers) // 4 for row in rows),
            sum(map(len, blobs)),
        )
        return pa.RecordBatch.from_arrays(
            [pa.array([count], pa.int64()) for count in counts], schema=_COUNTS
        )


@dataclass(frozen=True)
class Bench:
    """One task's models and catalog, and what is computed with them."""

    job: CandidateJob
    stock: CatalogArrays
    models: RoleModels
    maker: RowMaker

    @classmethod
    def load(cls, job: CandidateJob, artifacts: Artifacts) -> "Bench":
        """Load what the job's roles name."""
        stock = CatalogArrays(
            snapshot_titles(artifacts.get(job.roles[CATALOG].artifact)), job.created_ms
        )
        models = load_roles(artifacts, job.roles, stock.vocabulary)
        maker = RowMaker(
            settings=job.settings,
            stock=stock,
            prior=genre_prior(models, stock),
            neighbors=models.similars,
            picks_source=models.top_picks.name,
            picks_version=models.top_picks.version,
            popular_version=models.popularity.version,
        )
        return cls(job, stock, models, maker)

    def candidates(self, profiles: Sequence[Profile]) -> list[tuple[Profile, Candidates]]:
        """The candidates of some profiles; what is computed for one does not depend on who else is
        among them.
        """
        queries = [profile.query for profile in profiles]
        scores, popular = (
            self.models.top_picks.score(queries),
            self.models.popularity.score(queries),
        )
        encoder = self.models.encoder
        vectors = (
            [b""] * len(profiles)
            if encoder is None
            else [row.astype("<f4").tobytes() for row in encoder.encode(queries)]
        )
        encoder_id = EncoderId("") if encoder is None else encoder.encoder_id
        members = [
            Member(
                profile.query.history,
                scores[place],
                popular[place],
                self._taboo(profile),
                frozenset(profile.finished),
            )
            for place, profile in enumerate(profiles)
        ]
        return [
            (profile, self._candidates(profile, member, encoder_id, vector))
            for profile, member, vector in zip(profiles, members, vectors, strict=True)
        ]

    def _candidates(
        self, profile: Profile, member: Member, encoder_id: EncoderId, vector: bytes
    ) -> Candidates:
        return Candidates(
            generation=self.job.generation_id,
            rows=self.maker.rows(member),
            encoder_id=encoder_id,
            vector=vector,
            disliked=profile.disliked,
            finished=profile.finished,
            computed_ms=self.job.created_ms,
            maturity_ceiling=profile.maturity_ceiling,
            country=profile.country,
        )

    def _taboo(self, profile: Profile) -> Mask:
        excluded = ~self.stock.showable(profile.maturity_ceiling, profile.country)
        excluded[self.stock.vocabulary.numbers(profile.disliked)] = True
        return excluded


def compute_candidates(
    spark: SparkSession, job: CandidateJob, members: pa.Table, tasks: int
) -> Computed:
    """Compute and write candidates for every row of `members`, in so many tasks."""
    counts = (
        spark.createDataFrame(members)
        .repartition(tasks)
        .mapInArrow(job, "profiles bigint, rows bigint, tiles bigint, bytes bigint")
    )
    total = counts.agg(
        *(f.coalesce(f.sum(name), f.lit(0)).alias(name) for name in _COUNTS.names)
    ).collect()[0]
    return Computed(total.profiles, total.rows, total.tiles, total.bytes)


def genre_prior(models: RoleModels, stock: CatalogArrays) -> Floats:
    """float32[genres]: each genre's share of all watching, from the popularity model asked about
    nobody.
    """
    shares = models.popularity.score([Query((), QueryContext(stock.now_ms))])[0]
    mass = np.where(np.isfinite(shares), np.maximum(shares, 0), 0).astype(np.float32)
    return (mass @ stock.membership / max(float(mass.sum()), 1e-12)).astype(np.float32)
