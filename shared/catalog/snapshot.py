"""The catalog as files of an artifact: titles in the order that numbers them in a generation."""

from collections.abc import Mapping, Sequence

import msgspec

from shared.catalog.titles import Title
from shared.errors import ArtifactCorrupt

TITLES_FILE = "titles.json"

_titles = msgspec.json.Decoder(tuple[Title, ...])


def snapshot_files(titles: Sequence[Title]) -> dict[str, bytes]:
    """The titles as files; their order is the generation's catalog vocabulary, so it must not
    change afterwards.
    """
    return {TITLES_FILE: msgspec.json.encode(titles)}


def snapshot_titles(files: Mapping[str, bytes]) -> tuple[Title, ...]:
    """The titles back, in their order.

    Raises:
        ArtifactCorrupt: the file is missing or holds something else.
    """
    try:
        return _titles.decode(files[TITLES_FILE])
    except (KeyError, msgspec.MsgspecError) as error:
        raise ArtifactCorrupt(f"catalog snapshot: {error!r}") from error
