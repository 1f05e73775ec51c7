"""A catalog snapshot as an artifact. The order of its titles defines their numbers."""

from collections.abc import Mapping, Sequence

import msgspec

from shared.catalog.titles import Title
from shared.errors import ArtifactCorrupt

TITLES_FILE = "titles.json"

_titles = msgspec.json.Decoder(tuple[Title, ...])


def snapshot_files(titles: Sequence[Title]) -> dict[str, bytes]:
    """The titles as files of an artifact, in this order."""
    return {TITLES_FILE: msgspec.json.encode(titles)}


def snapshot_titles(files: Mapping[str, bytes]) -> tuple[Title, ...]:
    """The titles of a snapshot, in their order.

    Raises:
        ArtifactCorrupt: the file is missing or has other content.
    """
    try:
        return _titles.decode(files[TITLES_FILE])
    except (KeyError, msgspec.MsgspecError) as error:
        raise ArtifactCorrupt(f"catalog snapshot: {error!r}") from error
