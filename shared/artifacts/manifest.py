"""The list of an artifact's files with their checksums, whose own checksum is the artifact's
address.
"""

import hashlib
import re
from collections.abc import Mapping

from shared.errors import ArtifactCorrupt
from shared.ids import ArtifactId

MANIFEST = "SHA256SUMS"

_PLAIN = re.compile(r"[A-Za-z0-9._-]{1,200}")


def check_name(name: str) -> str:
    """The name itself if it names a file and nothing above or below it.

    Raises:
        ValueError: it could leave its folder, or is the manifest's own.
    """
    if not _PLAIN.fullmatch(name) or name in {".", "..", MANIFEST}:
        raise ValueError(f"{name!r} is not a plain file name")
    return name


def check_path(name: str) -> str:
    """As `check_name` for a document's name, which may hold folders."""
    for part in name.split("/"):
        check_name(part)
    return name


def manifest_of(files: Mapping[str, bytes]) -> bytes:
    """One line a file, sorted, in the form that `sha256sum -c` reads."""
    lines = [
        f"{checksum(content)}  {check_name(name)}\n" for name, content in sorted(files.items())
    ]
    return "".join(lines).encode()


def address_of(manifest: bytes) -> ArtifactId:
    """Where files with this manifest stand."""
    return ArtifactId(checksum(manifest))


def parse_manifest(manifest: bytes, artifact: ArtifactId) -> dict[str, str]:
    """File name → checksum; the manifest is believed only if it hashes to the artifact's own
    address.
    """
    if address_of(manifest) != artifact:
        raise ArtifactCorrupt(f"the manifest of artifact {artifact} was changed")
    pairs = (line.split("  ", 1) for line in manifest.decode().splitlines())
    return {check_name(name): digest for digest, name in pairs}


def checksum(content: bytes) -> str:
    """SHA-256 in hexadecimal."""
    return hashlib.sha256(content).hexdigest()


def verified(name: str, content: bytes, expected: str, artifact: ArtifactId) -> bytes:
    """The content itself if it has the checksum that the manifest gives."""
    if checksum(content) != expected:
        raise ArtifactCorrupt(f"file {name!r} of artifact {artifact} does not match its checksum")
    return content
