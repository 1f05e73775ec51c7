"""The manifest of an artifact: its files with their SHA-256 checksums.

The checksum of the manifest is the address of the artifact.
"""

import hashlib
import re
from collections.abc import Mapping

from shared.errors import ArtifactCorrupt
from shared.ids import ArtifactId

MANIFEST = "SHA256SUMS"

_FILE_NAME = re.compile(r"[A-Za-z0-9._-]{1,200}")


def check_name(name: str) -> str:
    """Return the name if it is a plain file name.

    Raises:
        ValueError: the name could leave its folder, or is that of the manifest.
    """
    if not _FILE_NAME.fullmatch(name) or name in {".", "..", MANIFEST}:
        raise ValueError(f"{name!r} is not a plain file name")
    return name


def check_path(name: str) -> str:
    """Check the name of a document as `check_name` does; it may contain folders."""
    for part in name.split("/"):
        check_name(part)
    return name


def manifest_of(files: Mapping[str, bytes]) -> bytes:
    """The manifest: one line per file, sorted, in the format of `sha256sum -c`."""
    lines = [
        f"{checksum(content)}  {check_name(name)}\n" for name, content in sorted(files.items())
    ]
    return "".join(lines).encode()


def address_of(manifest: bytes) -> ArtifactId:
    """The address of the artifact with this manifest."""
    return ArtifactId(checksum(manifest))


def parse_manifest(manifest: bytes, artifact: ArtifactId) -> dict[str, str]:
    """The checksum of each file.

    Raises:
        ArtifactCorrupt: the manifest's own checksum is not the address of the artifact.
    """
    if address_of(manifest) != artifact:
        raise ArtifactCorrupt(f"the manifest of artifact {artifact} was changed")
    pairs = (line.split("  ", 1) for line in manifest.decode().splitlines())
    return {check_name(name): digest for digest, name in pairs}


def checksum(content: bytes) -> str:
    """SHA-256 in hexadecimal."""
    return hashlib.sha256(content).hexdigest()


def verified(name: str, content: bytes, expected: str, artifact: ArtifactId) -> bytes:
    """Return the content if it has the expected checksum.

    Raises:
        ArtifactCorrupt: it has another one.
    """
    if checksum(content) != expected:
        raise ArtifactCorrupt(f"file {name!r} of artifact {artifact} does not match its checksum")
    return content
