"""What the platform asks of an artifact store: immutable sets of named files, addressed by the hash
of their content.
"""

from collections.abc import Mapping
from pathlib import Path
from typing import Protocol

from shared.ids import ArtifactId


class Artifacts(Protocol):
    """A content-addressed store of small file sets; names inside are plain (letters, digits, '.',
    '_', '-'), without folders.
    """

    def put(self, files: Mapping[str, bytes]) -> ArtifactId:
        """Store the files and return their address; equal content gives the equal address, and is
        stored once.

        Visible all at once or not at all, whenever the writer is killed.
        """
        ...

    def get(self, artifact: ArtifactId) -> Mapping[str, bytes]:
        """The files, every checksum verified.

        Raises:
            ArtifactMissing: there is no such artifact, or the place that holds it cannot be
                reached.
            ArtifactCorrupt: some byte differs from what was stored.
        """
        ...

    def fetch(self, artifact: ArtifactId, folder: Path) -> Path:
        """As `get`, kept in a local folder (folder/artifact) so that a restart needs no network;
        returns that path.
        """
        ...

    def put_document(self, name: str, data: bytes) -> None:
        """Store a small named document (a generation's manifest, a report), replaced atomically.
        `name` may hold folders.
        """
        ...

    def get_document(self, name: str) -> bytes:
        """A named document.

        Raises:
            ArtifactMissing: there is none of that name.
        """
        ...

    def list_documents(self, prefix: str) -> list[str]:
        """The names of documents under a prefix, sorted."""
        ...
