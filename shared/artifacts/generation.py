"""A generation: the manifest that lists the models, the catalog snapshot and the static page.

A generation is published when a pointer in the store is set to its id.
"""

import msgspec

from shared.artifacts.port import Artifacts
from shared.errors import ArtifactCorrupt
from shared.ids import ArtifactId, GenerationId

# The roles of a generation; each is trained, gated and replaced independently.
ENCODER = "encoder"
TOP_PICKS = "top_picks"
SIMILARS = "similars"
POPULARITY = "popularity"
CATALOG = "catalog"
STATIC_PAGE = "static_page"


class RoleArtifact(msgspec.Struct, frozen=True, omit_defaults=True):
    """The artifact in a role, and its model family or kind of file.

    `recipe` names how the model was made; recipes of different names may share a family. It is
    empty for files.
    """

    family: str
    artifact: ArtifactId
    recipe: str = ""


class Generation(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """One published state of the offline tier.

    A replica reads the `catalog` topic from `catalog_next_offset` of `catalog_incarnation`.
    `lake_snapshots` maps lake tables to Iceberg snapshot ids. `profiles` is the number of profiles
    with candidates, `report` the name of the report document, `watching_rules` the version of the
    rules by which the training labels were made.
    """

    generation_id: GenerationId
    created_ms: int
    roles: dict[str, RoleArtifact]
    catalog_incarnation: str
    catalog_next_offset: int
    lake_snapshots: dict[str, int] = {}
    profiles: int = 0
    report: str = ""
    watching_rules: str = ""


def manifest_name(generation_id: GenerationId) -> str:
    """The name of the document with a generation's manifest."""
    return f"generations/{generation_id}/manifest.json"


def load_generation(artifacts: Artifacts, generation_id: GenerationId) -> Generation:
    """Read the manifest of a generation.

    Raises:
        ArtifactMissing: the document does not exist or cannot be read.
        ArtifactCorrupt: the document is not a manifest.
    """
    data = artifacts.get_document(manifest_name(generation_id))
    try:
        return msgspec.json.decode(data, type=Generation)
    except msgspec.MsgspecError as error:
        raise ArtifactCorrupt(f"manifest of generation {generation_id}: {error}") from error


def save_generation(artifacts: Artifacts, generation: Generation) -> None:
    """Store the manifest. This does not publish the generation."""
    artifacts.put_document(manifest_name(generation.generation_id), msgspec.json.encode(generation))
