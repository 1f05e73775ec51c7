"""Step `publish`: store the manifest, verify the generation, and move the pointer."""

import msgspec

from offline.datasets.dataset import StoredDataset
from offline.publication.generations import publish, retire_candidates
from offline.run import Run
from offline.steps.report import StoredReport
from offline.steps.roles import AssignedRoles
from shared.artifacts.generation import Generation
from shared.ids import GenerationId, ProfileId


class PublishedGeneration(msgspec.Struct, frozen=True, kw_only=True):
    """The published generation, the one before it, and counts of verified artifacts."""

    generation_id: GenerationId
    previous: GenerationId | None
    artifacts: int
    bytes: int
    profiles_sampled: int
    candidates_retired: int


def publish_generation(
    run: Run, stored: StoredDataset, roles: AssignedRoles, report: StoredReport
) -> PublishedGeneration:
    """Verify the new generation, move the pointer, and retire unreferenced candidates.

    Raises:
        ArtifactMissing, ArtifactCorrupt: an artifact is missing or damaged; the live generation
            stays.
    """
    context, start = run.context, run.start
    generation = Generation(
        generation_id=start.generation_id,
        created_ms=start.created_ms,
        roles=roles.roles,
        catalog_incarnation=stored.catalog_incarnation,
        catalog_next_offset=stored.catalog_next_offset,
        lake_snapshots=start.lake_snapshots,
        profiles=stored.profiles,
        report=report.document,
        watching_rules=start.watching_rules,
    )
    profile_ids = list(map(ProfileId, run.dataset(stored).profiles["profile_id"].to_pylist()))
    stride = max(1, len(profile_ids) // context.settings.sample_profiles)
    checked, pointer = publish(context.artifacts, context.store, generation, profile_ids[::stride])
    referenced = frozenset(name for name in (pointer.current, pointer.previous) if name)
    return PublishedGeneration(
        generation_id=start.generation_id,
        previous=pointer.previous,
        artifacts=checked.artifacts,
        bytes=checked.bytes,
        profiles_sampled=checked.profiles_sampled,
        candidates_retired=retire_candidates(
            context.store, profile_ids, referenced, start.created_ms * 1000
        ),
    )
