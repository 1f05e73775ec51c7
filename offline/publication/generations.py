"""Publishing: check that everything a generation names is there and whole, then move the pointer;
retire what nobody names.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from offline.publication.pointer import Pointer, publish_pointer
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
from shared.records.blob import unpack
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
"""What the model that fills a role must be able to do."""

FILE_ROLES = (CATALOG, STATIC_PAGE)


@dataclass(frozen=True, slots=True)
class Checked:
    """What verification looked at."""

    artifacts: int
    bytes: int
    profiles_sampled: int


def publish(
    artifacts: Artifacts, store: Store, generation: Generation, sample: Sequence[ProfileId]
) -> tuple[Checked, Pointer]:
    """Store the manifest, verify everything it names by reading it back, and only then move the
    pointer.

    Raises:
        ArtifactMissing, ArtifactCorrupt: something is not there or not whole; the pointer has not
            moved.
        LeaseHeld: somebody else moved the pointer meanwhile.
    """
    save_generation(artifacts, generation)
    checked = verify(artifacts, store, generation.generation_id, sample)
    return checked, publish_pointer(store, generation.generation_id)


def verify(
    artifacts: Artifacts, store: Store, generation_id: GenerationId, sample: Sequence[ProfileId]
) -> Checked:
    """Read back what a replica would load, and the candidates of some profiles.

    Raises:
        ArtifactMissing, ArtifactCorrupt: something is not there, not whole, or does not fit the
            rest.
    """
    generation = load_generation(artifacts, generation_id)
    missing = {CATALOG, STATIC_PAGE, POPULARITY} - generation.roles.keys()
    if missing:
        raise ArtifactCorrupt(
            f"generation {generation_id} has nothing in the roles {', '.join(sorted(missing))}"
        )
    size = sum(_verify_role(artifacts, generation, role) for role in generation.roles)
    for profile_id in sample:
        _verify_candidates(store, generation_id, profile_id)
    return Checked(len(generation.roles), size, len(sample))


def retire_candidates(
    store: Store, profile_ids: Iterable[ProfileId], named: frozenset[GenerationId], timestamp: int
) -> int:
    """Let candidate rows of generations that are not `named` vanish; returns how many rows.

    The store has no row delete: a row is overwritten, newer, with an empty one that vanishes by
    itself. Readers that still hold the generation in that moment find nothing and fall back as for
    a profile without candidates.
    """
    writes = [
        Write(
            PROFILE_CANDIDATES,
            (profile_id,),
            {key: {VALUE: b""} for key in old},
            timestamp,
            ttl_s=1,
        )
        for profile_id in profile_ids
        if (
            old := [
                key for key in store.read(PROFILE_CANDIDATES, (profile_id,)) if key[0] not in named
            ]
        )
    ]
    store.write(writes)
    return sum(len(write.rows) for write in writes)


def _verify_role(artifacts: Artifacts, generation: Generation, role: str) -> int:
    filled = generation.roles[role]
    files = artifacts.get(filled.artifact)
    if role == CATALOG:
        snapshot_titles(files)
    elif role == STATIC_PAGE:
        decode_static_page(files.get(STATIC_PAGE_FILE, b""))
    elif not isinstance(load_model(filled.family, files), MODEL_ROLES[role]):
        raise ArtifactCorrupt(f"the model {filled.family} cannot fill the role {role}")
    return sum(len(data) for data in files.values())


def _verify_candidates(store: Store, generation_id: GenerationId, profile_id: ProfileId) -> None:
    rows = store.read(PROFILE_CANDIDATES, (profile_id,), [(generation_id,)])
    if not rows:
        raise ArtifactCorrupt(
            f"generation {generation_id} has no candidates for profile {profile_id}"
        )
    value = rows[(generation_id,)][VALUE]
    if not isinstance(value, bytes) or unpack(value, Candidates).generation != generation_id:
        raise ArtifactCorrupt(f"the candidates of profile {profile_id} are of another generation")
