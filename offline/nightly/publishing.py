"""The last steps: the candidates of every profile, then the manifest, its verification and the
pointer.
"""

import msgspec

from offline.candidates.compute import CandidateJob, WrittenCandidates, compute_candidates
from offline.candidates.inputs import input_table
from offline.nightly.context import RunContext
from offline.nightly.dataset import DatasetMade, load_dataset
from offline.nightly.run import RunStart
from offline.publication.generations import publish, retire_candidates
from shared.artifacts.generation import CATALOG, STATIC_PAGE, Generation, RoleArtifact
from shared.catalog.titles import Title
from shared.ids import GenerationId, ProfileId
from shared.models.port import Query, QueryContext
from shared.models.registry import Model, load_model
from shared.records.static_page import build_static_page, static_page_files


class Roles(msgspec.Struct, frozen=True):
    """What fills each role of the generation, catalog and static page included."""

    roles: dict[str, RoleArtifact]


class CandidatesMade(msgspec.Struct, frozen=True, kw_only=True):
    """What was computed and written, and how fast."""

    profiles: int
    rows: int
    tiles: int
    bytes: int
    profiles_per_s: float
    tiles_per_s: float


class Published(msgspec.Struct, frozen=True, kw_only=True):
    """What was verified before the pointer moved, and where it points now."""

    generation_id: GenerationId
    previous: GenerationId | None
    artifacts: int
    bytes: int
    profiles_sampled: int
    candidates_retired: int


def file_roles(
    context: RunContext,
    start: RunStart,
    made: DatasetMade,
    titles: tuple[Title, ...],
    popularity: RoleArtifact,
) -> dict[str, RoleArtifact]:
    """The roles that are files instead of models: the catalog snapshot, and the static page in
    order of popularity.
    """
    model = load_model(popularity.family, context.artifacts.get(popularity.artifact))
    page = build_static_page(_by_popularity(titles, model, start.created_ms), start.created_ms)
    return {
        CATALOG: RoleArtifact("titles", made.catalog, made.end_ms),
        STATIC_PAGE: RoleArtifact(
            "static_page", context.artifacts.put(static_page_files(page)), made.end_ms
        ),
    }


def make_candidates(
    context: RunContext, start: RunStart, made: DatasetMade, roles: Roles
) -> CandidatesMade:
    """Compute and write the rows of every profile under the new generation; nobody reads them
    before the pointer moves.
    """
    dataset = load_dataset(context, made)
    job = CandidateJob(
        start.generation_id,
        start.created_ms,
        roles.roles,
        context.settings.candidates,
        context.opens_artifacts,
        context.opens_store,
    )
    began = context.clock.monotonic_s()
    done: WrittenCandidates = compute_candidates(
        context.spark,
        job,
        input_table(dataset.everything, dataset.profiles, dataset.titles, start.created_ms),
        context.settings.candidate_tasks,
    )
    seconds = max(context.clock.monotonic_s() - began, 1e-3)
    return CandidatesMade(
        profiles=done.profiles,
        rows=done.rows,
        tiles=done.tiles,
        bytes=done.bytes,
        profiles_per_s=round(done.profiles / seconds, 1),
        tiles_per_s=round(done.tiles / seconds, 1),
    )


def publish_generation(
    context: RunContext, start: RunStart, made: DatasetMade, roles: Roles
) -> Published:
    """Verify everything under the new generation, move the pointer, and let the rows of forgotten
    generations go.

    Raises:
        ArtifactMissing, ArtifactCorrupt: something is not there or not whole; members see what they
            saw before.
    """
    generation = Generation(
        generation_id=start.generation_id,
        created_ms=start.created_ms,
        roles=roles.roles,
        catalog_incarnation=made.catalog_incarnation,
        catalog_next_offset=made.catalog_next_offset,
        lake_snapshots={"raw.records": start.snapshot_id},
        profiles=made.profiles,
        report=f"generations/{start.generation_id}/report.json",
    )
    profiles = [
        ProfileId(profile_id)
        for profile_id in load_dataset(context, made).profiles["profile_id"].to_pylist()
    ]
    stride = max(1, len(profiles) // context.settings.sample_profiles)
    checked, pointer = publish(context.artifacts, context.store, generation, profiles[::stride])
    named = frozenset(name for name in (pointer.current, pointer.previous) if name)
    return Published(
        generation_id=start.generation_id,
        previous=pointer.previous,
        artifacts=checked.artifacts,
        bytes=checked.bytes,
        profiles_sampled=checked.profiles_sampled,
        candidates_retired=retire_candidates(
            context.store, profiles, named, start.created_ms * 1000
        ),
    )


def _by_popularity(titles: tuple[Title, ...], model: Model, now_ms: int) -> list[Title]:
    shares = model.score([Query((), QueryContext(now_ms))])[0]
    place = {
        title_id: float(share)
        for title_id, share in zip(model.vocabulary.title_ids, shares, strict=True)
    }
    return sorted(titles, key=lambda title: (-place.get(title.title_id, 0.0), title.title_id))
