"""The contract on a local directory and on an object store; crashes and corrupted files."""

import shutil
import subprocess
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest
from pyarrow import fs

from shared.artifacts.directory import DirectoryArtifacts
from shared.errors import ArtifactCorrupt, ArtifactMissing
from tests.contracts.artifacts_contract import ArtifactsContract
from tests.documents import document_names

FILES = {"weights": b"0123456789", "settings.json": b"{}"}


class TestDirectoryArtifacts(ArtifactsContract):
    @contextmanager
    def open_artifacts(self) -> Iterator[DirectoryArtifacts]:
        with tempfile.TemporaryDirectory() as folder:
            yield DirectoryArtifacts(f"{folder}/made/when needed")


class TestDirectoryArtifactsByUri(ArtifactsContract):
    @contextmanager
    def open_artifacts(self) -> Iterator[DirectoryArtifacts]:
        with tempfile.TemporaryDirectory() as folder:
            yield DirectoryArtifacts(Path(folder).as_uri())


class TestObjectStoreArtifacts(ArtifactsContract):
    """A file system like an object store: whole objects, no folders, no renaming."""

    @contextmanager
    def open_artifacts(self) -> Iterator[DirectoryArtifacts]:
        with tempfile.TemporaryDirectory() as folder:
            artifacts = DirectoryArtifacts(folder)
            artifacts._fs = fs.SubTreeFileSystem("/", fs.LocalFileSystem())
            artifacts._renames = False
            artifacts._write = _object_put(artifacts)  # type: ignore[method-assign]
            yield artifacts


def _object_put(artifacts: DirectoryArtifacts) -> Any:
    def put(path: str, content: bytes) -> None:
        Path(path).parent.mkdir(parents=True, exist_ok=True)
        with artifacts._fs.open_output_stream(path) as stream:
            stream.write(content)

    return put


class Killed(BaseException):
    """Simulates SIGKILL: no handler catches it."""


@pytest.mark.parametrize("writes_before_kill", range(3))
def test_a_writer_killed_at_any_file_leaves_no_artifact_and_the_next_put_completes_it(
    tmp_path: Path, writes_before_kill: int
) -> None:
    class KilledArtifacts(DirectoryArtifacts):
        writes_left = writes_before_kill

        def _write(self, path: str, content: bytes) -> None:
            if self.writes_left == 0:
                Path(path).write_bytes(content[:1])
                raise Killed
            self.writes_left -= 1
            super()._write(path, content)

    with pytest.raises(Killed):
        KilledArtifacts(str(tmp_path)).put(FILES)
    restarted = DirectoryArtifacts(str(tmp_path))
    other_store = DirectoryArtifacts(str(tmp_path / "other"))
    address = other_store.put(FILES)
    with pytest.raises(ArtifactMissing):
        restarted.get(address)
    assert restarted.put(FILES) == address
    assert restarted.get(address) == FILES


def test_a_half_written_document_is_not_visible(tmp_path: Path) -> None:
    artifacts = DirectoryArtifacts(str(tmp_path))
    artifacts.put_document("pointer", b"whole")

    class KilledArtifacts(DirectoryArtifacts):
        def _write(self, path: str, content: bytes) -> None:
            Path(path).write_bytes(content[:1])
            raise Killed

    with pytest.raises(Killed):
        KilledArtifacts(str(tmp_path)).put_document("pointer", b"other")
    assert artifacts.get_document("pointer") == b"whole"
    assert document_names(str(tmp_path)) == {"pointer"}


def test_a_changed_byte_is_detected(tmp_path: Path) -> None:
    artifacts = DirectoryArtifacts(str(tmp_path))
    artifact = artifacts.put(FILES)
    (tmp_path / "artifacts" / artifact / "weights").write_bytes(b"0123456780")
    with pytest.raises(ArtifactCorrupt, match="weights"):
        artifacts.get(artifact)


def test_a_changed_manifest_is_detected(tmp_path: Path) -> None:
    artifacts = DirectoryArtifacts(str(tmp_path))
    artifact, other_artifact = artifacts.put(FILES), artifacts.put({"weights": b"other"})
    shutil.copy(
        tmp_path / "artifacts" / other_artifact / "SHA256SUMS",
        tmp_path / "artifacts" / artifact / "SHA256SUMS",
    )
    with pytest.raises(ArtifactCorrupt, match="manifest"):
        artifacts.get(artifact)


def test_a_deleted_file_makes_the_artifact_missing(tmp_path: Path) -> None:
    artifacts = DirectoryArtifacts(str(tmp_path))
    artifact = artifacts.put(FILES)
    (tmp_path / "artifacts" / artifact / "weights").unlink()
    with pytest.raises(ArtifactMissing):
        artifacts.get(artifact)


def test_a_fetched_artifact_is_available_without_the_store(tmp_path: Path) -> None:
    artifacts = DirectoryArtifacts(str(tmp_path / "far"))
    artifact = artifacts.put(FILES)
    local = artifacts.fetch(artifact, tmp_path / "near")
    shutil.rmtree(tmp_path / "far")
    assert artifacts.fetch(artifact, tmp_path / "near") == local
    with pytest.raises(ArtifactMissing):
        artifacts.get(artifact)


def test_the_manifest_can_be_checked_by_sha256sum(tmp_path: Path) -> None:
    artifact = DirectoryArtifacts(str(tmp_path)).put(FILES)
    folder = tmp_path / "artifacts" / artifact
    checked = subprocess.run(
        ["sha256sum", "--check", "--strict", "SHA256SUMS"],
        cwd=folder,
        check=False,
        capture_output=True,
    )
    assert checked.returncode == 0
