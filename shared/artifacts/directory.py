"""Artifacts in a directory of a pyarrow file system: a local folder, S3, GCS or HDFS."""

import shutil
import uuid
from collections.abc import Mapping
from contextlib import suppress
from pathlib import Path

from pyarrow import fs

from shared.artifacts.manifest import (
    MANIFEST,
    address_of,
    check_path,
    manifest_of,
    parse_manifest,
    verified,
)
from shared.errors import ArtifactCorrupt, ArtifactMissing
from shared.ids import ArtifactId

_ADDRESS_LENGTH = 64


class DirectoryArtifacts:
    """Content-addressed files below `uri`, a URI or a local path.

    Each file becomes visible whole: a local file is renamed into its final path, an object store
    writes whole objects. The manifest of an artifact is written last; without it the artifact does
    not exist. A killed writer leaves only files that no manifest lists.
    """

    def __init__(self, uri: str) -> None:
        target = uri if "://" in uri else str(Path(uri).absolute())
        self._fs, self._root = fs.FileSystem.from_uri(target)
        self._renames = isinstance(self._fs, fs.LocalFileSystem)

    def put(self, files: Mapping[str, bytes]) -> ArtifactId:
        manifest = manifest_of(files)
        artifact = address_of(manifest)
        if not self._exists(self._path_of(artifact, MANIFEST)):
            for name, content in files.items():
                self._store(self._path_of(artifact, name), content)
            self._store(self._path_of(artifact, MANIFEST), manifest)
        return artifact

    def get(self, artifact: ArtifactId) -> Mapping[str, bytes]:
        names = parse_manifest(self._load(self._path_of(artifact, MANIFEST)), artifact)
        return {
            name: verified(name, self._load(self._path_of(artifact, name)), digest, artifact)
            for name, digest in names.items()
        }

    def fetch(self, artifact: ArtifactId, folder: Path) -> Path:
        """See `Artifacts.fetch`. A local copy is verified on each call and replaced if damaged."""
        local = folder / artifact
        if _intact(local, artifact):
            return local
        files = self.get(artifact)
        download = folder / f".{artifact}.{uuid.uuid4().hex}"
        download.mkdir(parents=True)
        for name, content in {**files, MANIFEST: manifest_of(files)}.items():
            (download / name).write_bytes(content)
        shutil.rmtree(local, ignore_errors=True)
        # The rename fails if another process has fetched the same bytes in the meantime.
        with suppress(OSError):
            download.rename(local)
        shutil.rmtree(download, ignore_errors=True)
        return local

    def put_document(self, name: str, data: bytes) -> None:
        self._store(f"{self._root}/documents/{check_path(name)}", data)

    def get_document(self, name: str) -> bytes:
        return self._load(f"{self._root}/documents/{check_path(name)}")

    def _path_of(self, artifact: ArtifactId, name: str) -> str:
        if len(artifact) != _ADDRESS_LENGTH or not artifact.isalnum():
            raise ArtifactMissing(f"{artifact!r} is not the address of an artifact")
        return f"{self._root}/artifacts/{artifact}/{name}"

    def _exists(self, path: str) -> bool:
        return bool(self._fs.get_file_info(path).type == fs.FileType.File)

    def _load(self, path: str) -> bytes:
        try:
            with self._fs.open_input_stream(path) as stream:
                content: bytes = stream.read()
                return content
        except OSError as error:
            raise ArtifactMissing(f"{path} cannot be read: {error}") from error

    def _store(self, path: str, content: bytes) -> None:
        if not self._renames:
            self._write(path, content)
            return
        self._fs.create_dir(path.rpartition("/")[0], recursive=True)
        self._fs.create_dir(f"{self._root}/unfinished", recursive=True)
        unfinished = f"{self._root}/unfinished/{uuid.uuid4().hex}"
        self._write(unfinished, content)
        self._fs.move(unfinished, path)

    def _write(self, path: str, content: bytes) -> None:
        with self._fs.open_output_stream(path) as stream:
            stream.write(content)


def _intact(local: Path, artifact: ArtifactId) -> bool:
    try:
        names = parse_manifest((local / MANIFEST).read_bytes(), artifact)
        for name, digest in names.items():
            verified(name, (local / name).read_bytes(), digest, artifact)
    except (OSError, ArtifactCorrupt):
        return False
    return True
