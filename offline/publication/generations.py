"""Publication of a generation: verify all its artifacts, then move the pointer.

Afterwards the candidates of generations without a pointer are retired.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from offline.publication.pointer import ArmPointer, publish_pointer
from shared.artifacts.generation import (
    CATALOG,
    ENCODER,
    POPULARITY,
    SIMILARS,
    STATIC_PAGE,
    TOP_PICKS,
    Generation,
    load_generation,
    save_generation,
)
from shared.artifacts.port import Artifacts
from shared.catalog.snapshot import snapshot_titles
from shared.errors import ArtifactCorrupt
from shared.ids import GenerationId, ProfileId
from shared.models.port import Encoder, Scorer, SimilarTitles
from shared.models.registry import load_model
from shared.records.blob import record_at
from shared.records.candidates import Candidates
from shared.records.page import STATIC_PAGE_FILE
from shared.records.static_page import decode_static_page
from shared.store.port import Store, Write
from shared.store.tables import PROFILE_CANDIDATES, VALUE

MODEL_ROLES: dict[str, type] = {
    ENCODER: Encoder,
    TOP_PICKS: Scorer,
    SIMILARS: SimilarTitles,
    POPULARITY: Scorer,
}
"""The protocol that the model of each role must implement."""


@dataclass(frozen=True, slots=True)
class VerifiedCounts:
    """The numbers of verified artifacts, bytes and profiles."""

    artifacts: int
    bytes: int
    profiles_sampled: int


def publish(
    artifacts: Artifacts, store: Store, generation: Generation, sample: Sequence[ProfileId]
) -> tuple[VerifiedCounts, ArmPointer]:
    """Store the manifest, verify all its artifacts, and then move the pointer.

    Raises:
        ArtifactMissing, ArtifactCorrupt: something is missing or damaged; the pointer has not
            moved.
        LeaseHeld: another process moved the pointer at the same time.
    """
    save_generation(artifacts, generation)
    counts = verify(artifacts, store, generation.generation_id, sample)
    return counts, publish_pointer(store, generation.generation_id)


def verify(
    artifacts: Artifacts, store: Store, generation_id: GenerationId, sample: Sequence[ProfileId]
) -> VerifiedCounts:
    """Read back every artifact that a replica would load, and the candidates of some profiles.

    Raises:
        ArtifactMissing, ArtifactCorrupt: something is missing, damaged, or does not fit its role.
    """
    generation = load_generation(artifacts, generation_id)
    missing = {CATALOG, STATIC_PAGE, POPULARITY} - generation.roles.keys()
    if missing:
        raise ArtifactCorrupt(
            f"generation {generation_id} lacks the roles {', '.join(sorted(missing))}"
        )
    size = sum(_verify_role(artifacts, generation, role) for role in generation.roles)
    for profile_id in sample:
        _verify_candidates(store, generation_id, profile_id)
    return VerifiedCounts(len(generation.roles), size, len(sample))


def retire_candidates(
    store: Store,
    profile_ids: Iterable[ProfileId],
    referenced: frozenset[GenerationId],
    timestamp: int,
) -> int:
    """Remove candidate rows of generations that are not `referenced`, and return their number.

    The store has no row delete, so a row is overwritten by an empty one that expires after a
    second. A reader that still uses the generation falls back as for a profile without candidates.
    """
    writes = [
        write
        for profile_id in profile_ids
        if (write := _retirement(store, profile_id, referenced, timestamp)).rows
    ]
    store.write(writes)
    return sum(len(write.rows) for write in writes)


def _retirement(
    store: Store, profile_id: ProfileId, referenced: frozenset[GenerationId], timestamp: int
) -> Write:
    stored_keys = store.read(PROFILE_CANDIDATES, (profile_id,))
    empty_rows = {key: {VALUE: b""} for key in stored_keys if key[0] not in referenced}
    return Write(PROFILE_CANDIDATES, (profile_id,), empty_rows, timestamp, ttl_s=1)


def _verify_role(artifacts: Artifacts, generation: Generation, role: str) -> int:
    assigned = generation.roles[role]
    files = artifacts.get(assigned.artifact)
    if role == CATALOG:
        snapshot_titles(files)
    elif role == STATIC_PAGE:
        decode_static_page(files.get(STATIC_PAGE_FILE, b""))
    elif not isinstance(load_model(assigned.family, files), MODEL_ROLES[role]):
        raise ArtifactCorrupt(f"a model of family {assigned.family} cannot fill the role {role}")
    return sum(len(data) for data in files.values())


def _verify_candidates(store: Store, generation_id: GenerationId, profile_id: ProfileId) -> None:
    rows = store.read(PROFILE_CANDIDATES, (profile_id,), [(generation_id,)])
    candidates = record_at(rows, (generation_id,), Candidates)
    if candidates is None:
        raise ArtifactCorrupt(
            f"generation {generation_id} has no candidates for profile {profile_id}"
        )
    if candidates.generation != generation_id:
        raise ArtifactCorrupt(
            f"the candidates of profile {profile_id} belong to another generation"
        )
