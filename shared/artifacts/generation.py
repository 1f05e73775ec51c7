"""A generation: the manifest that ties models, catalog snapshot and static page together, published
by moving one pointer.
"""

import msgspec

from shared.artifacts.port import Artifacts
from shared.errors import ArtifactCorrupt
from shared.ids import ArtifactId, GenerationId

# Roles, each trained, gated and replaced apart (design §5).
ENCODER = "encoder"
TOP_PICKS = "top_picks"
SIMILARS = "similars"
POPULARITY = "popularity"
CATALOG = "catalog"
STATIC_PAGE = "static_page"


class RoleArtifact(msgspec.Struct, frozen=True, omit_defaults=True):
    """What fills a role: the model family (or kind of file) and the artifact that holds it."""

    family: str
    artifact: ArtifactId
    trained_ms: int = 0


class Generation(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """One published state of the offline tier.

    `catalog_incarnation` and `catalog_next_offset` say where a replica must start following the
    `catalog` topic. `lake_snapshots` maps lake tables to Iceberg snapshot ids.
    """

    generation_id: GenerationId
    created_ms: int
    roles: dict[str, RoleArtifact]
    catalog_incarnation: str
    catalog_next_offset: int
    lake_snapshots: dict[str, int] = {}
    profiles: int = 0
    report: str = ""


def manifest_name(generation_id: GenerationId) -> str:
    """The document that holds a generation's manifest."""
    return f"generations/{generation_id}/manifest.json"


def load_generation(artifacts: Artifacts, generation_id: GenerationId) -> Generation:
    """The manifest of a generation.

    Raises:
        ArtifactMissing: there is none.
        ArtifactCorrupt: the document is not a manifest.
    """
    data = artifacts.get_document(manifest_name(generation_id))
    try:
        return msgspec.json.decode(data, type=Generation)
    except msgspec.MsgspecError as error:
        raise ArtifactCorrupt(f"manifest of generation {generation_id}: {error}") from error


def save_generation(artifacts: Artifacts, generation: Generation) -> None:
    """Store the manifest; the pointer that publishes it is moved elsewhere, last."""
    artifacts.put_document(manifest_name(generation.generation_id), msgspec.json.encode(generation))
