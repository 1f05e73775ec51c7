"""Load a generation from the artifact store, with a copy on local disk.

A restart then works without store and network.
"""

import os
from collections.abc import Mapping
from pathlib import Path
from urllib.parse import quote

import msgspec

from online.published.serving_snapshot import LoadedGeneration
from shared.artifacts.generation import (
    CATALOG,
    ENCODER,
    POPULARITY,
    SIMILARS,
    STATIC_PAGE,
    Generation,
    RoleArtifact,
    load_generation,
)
from shared.artifacts.port import Artifacts
from shared.catalog.snapshot import snapshot_titles
from shared.errors import ArtifactCorrupt, ArtifactMissing
from shared.ids import GenerationId
from shared.models.port import Encoder, Scorer, SimilarTitles
from shared.models.registry import load_model
from shared.records.page import STATIC_PAGE_DOCUMENT, STATIC_PAGE_FILE, StaticPage
from shared.records.static_page import decode_static_page


class Pointer(msgspec.Struct, frozen=True):
    """The served generation and the previous one, "" if there is none."""

    current: GenerationId
    previous: str = ""


class GenerationLoader:
    """Loads generations through a local folder; used by one thread at a time."""

    def __init__(self, artifacts: Artifacts, folder: Path) -> None:
        self._artifacts = artifacts
        self._folder = folder
        folder.mkdir(parents=True, exist_ok=True)

    def load(self, generation_id: GenerationId) -> LoadedGeneration:
        """The generation with its models.

        Raises:
            ArtifactMissing: an artifact is missing from both the folder and the artifact store.
            ArtifactCorrupt: the bytes of an artifact are not those of its manifest.
        """
        manifest = self._manifest(generation_id)
        static = self._files(manifest, STATIC_PAGE)
        catalog = self._files(manifest, CATALOG)
        if catalog is None:
            raise ArtifactCorrupt(f"generation {generation_id} has no catalog")
        encoder, similars, popularity = (
            self._model(manifest, role) for role in (ENCODER, SIMILARS, POPULARITY)
        )
        if not (
            isinstance(encoder, Encoder | None)
            and isinstance(similars, SimilarTitles | None)
            and isinstance(popularity, Scorer | None)
        ):
            raise ArtifactCorrupt(f"a model of generation {generation_id} cannot fill its role")
        return LoadedGeneration(
            manifest=manifest,
            titles=snapshot_titles(catalog),
            encoder=encoder,
            similars=similars,
            popularity=popularity,
            static_page=None if static is None else decode_static_page(static[STATIC_PAGE_FILE]),
        )

    def static_page(self) -> StaticPage | None:
        """The static page that was made when the catalog was imported; None without one."""
        local = self._folder / STATIC_PAGE_DOCUMENT
        try:
            data = self._artifacts.get_document(STATIC_PAGE_DOCUMENT)
        except ArtifactMissing:
            return decode_static_page(local.read_bytes()) if local.exists() else None
        _replace(local, data)
        return decode_static_page(data)

    def remember(self, arm: str, pointer: Pointer) -> None:
        """Write the arm's pointer to local disk."""
        _replace(self._pointer_file(arm), msgspec.json.encode(pointer))

    def remembered(self, arm: str) -> Pointer | None:
        """The arm's pointer as last written to local disk; None without any."""
        try:
            return msgspec.json.decode(self._pointer_file(arm).read_bytes(), type=Pointer)
        except (FileNotFoundError, msgspec.MsgspecError):
            return None

    def _pointer_file(self, arm: str) -> Path:
        return self._folder / f"pointer-{quote(arm, safe='')}.json"

    def _manifest(self, generation_id: GenerationId) -> Generation:
        local = self._folder / f"{generation_id}.manifest.json"
        try:
            manifest = load_generation(self._artifacts, generation_id)
        except ArtifactMissing:
            if not local.exists():
                raise
            return msgspec.json.decode(local.read_bytes(), type=Generation)
        _replace(local, msgspec.json.encode(manifest))
        return manifest

    def _files(self, manifest: Generation, role: str) -> Mapping[str, bytes] | None:
        artifact: RoleArtifact | None = manifest.roles.get(role)
        if artifact is None:
            return None
        path = self._artifacts.fetch(artifact.artifact, self._folder / "artifacts")
        return {file.name: file.read_bytes() for file in sorted(path.iterdir()) if file.is_file()}

    def _model(self, manifest: Generation, role: str) -> object | None:
        files = self._files(manifest, role)
        return None if files is None else load_model(manifest.roles[role].family, files)


def _replace(path: Path, data: bytes) -> None:
    """Write a file atomically; replicas of one machine may share the folder."""
    draft = path.with_name(f"{path.name}.{os.getpid()}")
    draft.write_bytes(data)
    draft.replace(path)
