"""One task of the candidate job, run in this process: rows, keys and timestamps that it writes."""

from dataclasses import dataclass, field
from typing import cast

import numpy as np
import pyarrow as pa
import pytest

from offline.candidates.compute import CandidateJob
from offline.candidates.inputs import input_table, read_inputs
from offline.candidates.settings import CandidateSettings
from offline.datasets.interactions import to_interactions
from offline.publication.generations import publish, retire_candidates, verify
from shared.artifacts.generation import (
    CATALOG,
    ENCODER,
    POPULARITY,
    SIMILARS,
    STATIC_PAGE,
    TOP_PICKS,
    Generation,
    RoleArtifact,
)
from shared.artifacts.memory import MemoryArtifacts
from shared.artifacts.port import Artifacts
from shared.catalog.snapshot import snapshot_files
from shared.clock import DAY_MS, ManualClock
from shared.errors import ArtifactCorrupt, ArtifactMissing
from shared.ids import ArtifactId, GenerationId, ProfileId
from shared.models.ease import Ease
from shared.models.item_knn import ItemKnn
from shared.models.popularity import Popularity
from shared.models.registry import Model
from shared.records.blob import unpack
from shared.records.candidates import Candidates
from shared.records.static_page import build_static_page, static_page_files
from shared.store.memory import MemoryStore
from shared.store.port import Store
from shared.store.tables import ALL_TABLES, PROFILE_CANDIDATES
from shared.vocabulary import Vocabulary
from tests.offline.events import NOW, film

TITLES = tuple(film(f"t{n:02}", "Drama" if n % 2 else "Comedy") for n in range(20))
PROFILES = tuple(ProfileId(f"p{n}") for n in range(6))
ONE, TWO = GenerationId("g1"), GenerationId("g2")


@dataclass
class Platform:
    """A store and an artifact store in memory."""

    clock: ManualClock = field(default_factory=lambda: ManualClock(NOW))
    artifacts: MemoryArtifacts = field(default_factory=MemoryArtifacts)

    def __post_init__(self) -> None:
        self.store = MemoryStore(self.clock)
        self.store.migrate(ALL_TABLES)


@dataclass(frozen=True)
class SharedStore:
    store: MemoryStore

    def open(self) -> Store:
        return self.store


@dataclass(frozen=True)
class SharedArtifacts:
    artifacts: MemoryArtifacts

    def open(self) -> Artifacts:
        return self.artifacts


@pytest.fixture
def platform() -> Platform:
    return Platform()


@pytest.fixture
def inputs() -> pa.Table:
    """Profile n watched titles n to n+4, a day apart; the last one watched nothing."""
    rows = [
        {
            "profile_id": profile_id,
            "title_id": f"t{start + step:02}",
            "start_ms": NOW - (10 - step) * DAY_MS,
            "fraction": 0.9,
            "reward": 1.0,
            "device": "tv",
            "country": "SE",
            "utc_offset_min": 60,
        }
        for start, profile_id in enumerate(PROFILES[:-1])
        for step in range(5)
    ]
    interactions = to_interactions(
        pa.Table.from_pylist(rows), PROFILES, Vocabulary(title.title_id for title in TITLES)
    )
    facts = {
        "maturity_ceiling": 18,
        "country": "SE",
        "opinions": [{"title_id": "t02", "value": 1}, {"title_id": "t19", "value": -1}],
    }
    played = [
        {"title_id": "t01", "last_ms": NOW - 20 * DAY_MS, "fraction": 0.9, "parts": [""]},
        {"title_id": "t02", "last_ms": NOW - DAY_MS, "fraction": 0.9, "parts": []},
    ]
    profiles = pa.Table.from_pylist(
        [
            {"profile_id": name, "played": [] if name == PROFILES[-1] else played, **facts}
            for name in PROFILES
        ]
    )
    return input_table(interactions, profiles, TITLES, NOW)


def roles_of(platform: Platform, inputs: pa.Table) -> dict[str, RoleArtifact]:
    rows = [
        {
            "profile_id": row["profile_id"],
            "title_id": title,
            "start_ms": time,
            "fraction": 0.9,
            "reward": 1.0,
            "device": "tv",
        }
        | {"country": "SE", "utc_offset_min": 60}
        for row in inputs.to_pylist()
        for title, time in zip(row["titles"], row["times"], strict=True)
    ]
    learned = to_interactions(
        pa.Table.from_pylist(rows), PROFILES, Vocabulary(title.title_id for title in TITLES)
    )
    models: dict[str, Model] = {
        POPULARITY: Popularity.train(learned),
        ENCODER: Popularity.train(learned),
        TOP_PICKS: Ease.train(learned),
    }
    artifacts = {
        role: RoleArtifact(model.family, platform.artifacts.put(model.to_files()))
        for role, model in models.items()
    }
    page = build_static_page(TITLES, NOW)
    return {
        **artifacts,
        SIMILARS: RoleArtifact(
            "item_knn", platform.artifacts.put(ItemKnn.train(learned).to_files())
        ),
        CATALOG: RoleArtifact("titles", platform.artifacts.put(snapshot_files(TITLES))),
        STATIC_PAGE: RoleArtifact("static_page", platform.artifacts.put(static_page_files(page))),
    }


def job_of(
    platform: Platform,
    roles: dict[str, RoleArtifact],
    generation_id: GenerationId = ONE,
    created_ms: int = NOW,
) -> CandidateJob:
    settings = CandidateSettings()
    return CandidateJob(
        generation_id,
        created_ms,
        roles,
        settings,
        SharedArtifacts(platform.artifacts),
        SharedStore(platform.store),
    )


def written(
    platform: Platform, profile_id: ProfileId, generation_id: GenerationId = ONE
) -> Candidates:
    rows = platform.store.read(PROFILE_CANDIDATES, (profile_id,), [(generation_id,)])
    return unpack(cast("bytes", rows[(generation_id,)]["value"]), Candidates)


def test_a_task_writes_every_profile_with_its_vector_and_taste(
    platform: Platform, inputs: pa.Table
) -> None:
    counts = pa.Table.from_batches(
        job_of(platform, roles_of(platform, inputs))(inputs.to_batches())
    ).to_pylist()
    assert [row["profiles"] for row in counts] == [6]
    candidates = written(platform, PROFILES[0])
    assert (candidates.disliked, candidates.finished, candidates.country) == (
        ("t19",),
        ("t01",),
        "SE",
    )
    assert len(np.frombuffer(candidates.vector, "<f4")) == 2
    assert candidates.rows[0].source == "model:ease"
    assert {row.kind for row in written(platform, PROFILES[-1]).rows} == {
        "top_picks",
        "popular",
        "genre",
    }


def test_a_profiles_rows_do_not_depend_on_the_rest_of_the_batch(
    platform: Platform, inputs: pa.Table
) -> None:
    roles = roles_of(platform, inputs)
    list(job_of(platform, roles)(inputs.to_batches()))
    together = {profile_id: written(platform, profile_id) for profile_id in PROFILES}
    list(job_of(platform, roles, created_ms=NOW)(inputs.to_batches(max_chunksize=1)))
    assert {profile_id: written(platform, profile_id) for profile_id in PROFILES} == together


def test_a_repeated_task_writes_the_same_bytes(platform: Platform, inputs: pa.Table) -> None:
    job = job_of(platform, roles_of(platform, inputs))
    list(job(inputs.to_batches()))
    first = platform.store.read(PROFILE_CANDIDATES, (PROFILES[1],))
    list(job(inputs.to_batches()))
    assert platform.store.read(PROFILE_CANDIDATES, (PROFILES[1],)) == first


def test_a_history_has_one_entry_per_title(inputs: pa.Table) -> None:
    profile = next(read_inputs(inputs.to_batches()[0], NOW))
    assert [entry.title_id for entry in profile.query.history] == [
        "t00",
        "t01",
        "t02",
        "t03",
        "t04",
    ]
    assert (profile.query.context.utc_offset_min, profile.query.context.device) == (60, "tv")


def generation(roles: dict[str, RoleArtifact], generation_id: GenerationId = ONE) -> Generation:
    return Generation(
        generation_id=generation_id,
        created_ms=NOW,
        roles=roles,
        catalog_incarnation="c",
        catalog_next_offset=20,
    )


def test_a_complete_generation_is_verified_and_published(
    platform: Platform, inputs: pa.Table
) -> None:
    roles = roles_of(platform, inputs)
    list(job_of(platform, roles)(inputs.to_batches()))
    checked, pointer = publish(platform.artifacts, platform.store, generation(roles), PROFILES[:3])
    assert (checked.artifacts, checked.profiles_sampled, pointer.current) == (6, 3, ONE)


def test_an_incomplete_generation_is_not_published(platform: Platform, inputs: pa.Table) -> None:
    roles = roles_of(platform, inputs)
    with pytest.raises(ArtifactCorrupt, match="no candidates"):
        publish(platform.artifacts, platform.store, generation(roles), PROFILES[:1])
    list(job_of(platform, roles)(inputs.to_batches()))
    with pytest.raises(ArtifactMissing):
        publish(
            platform.artifacts,
            platform.store,
            generation({**roles, TOP_PICKS: RoleArtifact("ease", ArtifactId("0" * 64))}),
            [],
        )
    with pytest.raises(ArtifactCorrupt, match="static_page"):
        publish(
            platform.artifacts,
            platform.store,
            generation({role: filled for role, filled in roles.items() if role != STATIC_PAGE}),
            [],
        )
    with pytest.raises(ArtifactCorrupt, match="cannot fill"):
        publish(
            platform.artifacts, platform.store, generation({**roles, ENCODER: roles[TOP_PICKS]}), []
        )
    assert not list(
        platform.store.scan_partitions(
            next(table for table in ALL_TABLES if table.name == "publications")
        )
    )


def test_only_candidates_of_retired_generations_are_deleted(
    platform: Platform, inputs: pa.Table
) -> None:
    roles = roles_of(platform, inputs)
    list(job_of(platform, roles, ONE)(inputs.to_batches()))
    list(job_of(platform, roles, TWO, NOW + 1)(inputs.to_batches()))
    assert retire_candidates(platform.store, PROFILES, frozenset({TWO}), (NOW + 1) * 1000) == len(
        PROFILES
    )
    platform.clock.advance_ms(2_000)
    assert list(platform.store.read(PROFILE_CANDIDATES, (PROFILES[0],))) == [(TWO,)]
    assert retire_candidates(platform.store, PROFILES, frozenset({TWO}), (NOW + 1) * 1000) == 0


def test_verification_can_be_repeated(platform: Platform, inputs: pa.Table) -> None:
    roles = roles_of(platform, inputs)
    list(job_of(platform, roles)(inputs.to_batches()))
    publish(platform.artifacts, platform.store, generation(roles), [])
    assert verify(platform.artifacts, platform.store, ONE, PROFILES).profiles_sampled == len(
        PROFILES
    )
