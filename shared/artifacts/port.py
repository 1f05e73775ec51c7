"""The artifact port: immutable sets of named files, addressed by a hash of their content."""

from collections.abc import Mapping
from pathlib import Path
from typing import Protocol

from shared.ids import ArtifactId


class Artifacts(Protocol):
    """A content-addressed store of file sets that fit in memory, and of small named documents.

    File names consist of letters, digits, '.', '_' and '-', without folders. All calls block.
    Several processes may share a store; artifacts never change, a document has one writer.
    """

    def put(self, files: Mapping[str, bytes]) -> ArtifactId:
        """Store the files and return their address.

        Equal content has an equal address and is stored once. The artifact becomes visible as a
        whole, even if the writer is killed.
        """
        ...

    def get(self, artifact: ArtifactId) -> Mapping[str, bytes]:
        """Return the files after verifying every checksum.

        Raises:
            ArtifactMissing: the artifact does not exist, or the store cannot be reached.
            ArtifactCorrupt: the stored bytes have changed.
        """
        ...

    def fetch(self, artifact: ArtifactId, folder: Path) -> Path:
        """Copy the files to `folder`/`artifact` and return that path.

        A later call uses the local copy, so a restart needs no network. Raises as `get`.
        """
        ...

    def put_document(self, name: str, data: bytes) -> None:
        """Store a named document, such as a report; an older one is replaced atomically.

        `name` may contain folders.
        """
        ...

    def get_document(self, name: str) -> bytes:
        """Return a named document.

        Raises:
            ArtifactMissing: the document does not exist, or the store cannot be reached.
        """
        ...
