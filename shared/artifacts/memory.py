"""Artifacts in memory, for tests and simulation."""

from collections.abc import Mapping
from pathlib import Path

from shared.artifacts.manifest import address_of, check_path, manifest_of
from shared.errors import ArtifactMissing
from shared.ids import ArtifactId


class MemoryArtifacts:
    """Artifacts of one process; see `shared.artifacts.port.Artifacts`."""

    def __init__(self) -> None:
        self._artifacts: dict[ArtifactId, dict[str, bytes]] = {}
        self._documents: dict[str, bytes] = {}

    def put(self, files: Mapping[str, bytes]) -> ArtifactId:
        artifact = address_of(manifest_of(files))
        self._artifacts.setdefault(artifact, dict(files))
        return artifact

    def get(self, artifact: ArtifactId) -> Mapping[str, bytes]:
        try:
            return dict(self._artifacts[artifact])
        except KeyError as error:
            raise ArtifactMissing(f"there is no artifact {artifact}") from error

    def fetch(self, artifact: ArtifactId, folder: Path) -> Path:
        local = folder / artifact
        local.mkdir(parents=True, exist_ok=True)
        for name, content in self.get(artifact).items():
            (local / name).write_bytes(content)
        return local

    def put_document(self, name: str, data: bytes) -> None:
        self._documents[check_path(name)] = data

    def get_document(self, name: str) -> bytes:
        try:
            return self._documents[check_path(name)]
        except KeyError as error:
            raise ArtifactMissing(f"there is no document {name!r}") from error
