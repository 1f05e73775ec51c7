"""The data set of a run: stored as one artifact, and decoded into arrays."""

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import Final

import msgspec
import pyarrow as pa
from pyarrow import ipc

from offline.datasets.interactions import known_at, to_interactions
from shared.artifacts.port import Artifacts
from shared.catalog.snapshot import snapshot_titles
from shared.catalog.titles import Title
from shared.features.titles import TitleFeatures, title_features
from shared.ids import ArtifactId, ProfileId
from shared.models.interactions import Interactions
from shared.vocabulary import Vocabulary

VIEWINGS_FILE: Final = "viewings.arrow"
PROFILES_FILE: Final = "profiles.arrow"


class StoredDataset(msgspec.Struct, frozen=True, kw_only=True):
    """A data set in the artifact store. Equal content has an equal artifact id.

    The artifact contains every viewing twice: as of `split_ms` and as of `end_ms`. The plays
    between the two times are held out for evaluation.
    """

    artifact: ArtifactId
    catalog: ArtifactId
    catalog_incarnation: str
    catalog_next_offset: int
    split_ms: int
    end_ms: int
    titles: int
    profiles: int
    viewings: int


@dataclass(frozen=True)
class Dataset:
    """A data set in memory. Both interaction arrays use the same profile and title numbers."""

    titles: tuple[Title, ...]
    profiles: pa.Table
    """One row per profile, in the order of profile numbers (offline.datasets.profiles)."""
    train: Interactions
    """Viewings as of the split. Models are trained on these."""
    complete: Interactions
    """Viewings as of the end. Candidates and evaluation queries use these."""
    split_ms: int

    @cached_property
    def features(self) -> TitleFeatures:
        """Metadata of all titles, in the order of title numbers."""
        titles_by_id = {title.title_id: title for title in self.titles}
        return title_features(self.complete.vocabulary, titles_by_id)


def dataset_files(viewings: pa.Table, profiles: pa.Table) -> dict[str, bytes]:
    """The files of a data set's artifact."""
    return {VIEWINGS_FILE: _to_bytes(viewings), PROFILES_FILE: _to_bytes(profiles)}


def load_dataset(artifacts: Artifacts, stored: StoredDataset) -> Dataset:
    """Decode a stored data set.

    Raises:
        ArtifactMissing, ArtifactCorrupt: the artifact or its catalog cannot be read.
    """
    files = artifacts.get(stored.artifact)
    titles = snapshot_titles(artifacts.get(stored.catalog))
    viewings, profiles = _table(files, VIEWINGS_FILE), _table(files, PROFILES_FILE)
    profile_ids = tuple(map(ProfileId, profiles["profile_id"].to_pylist()))
    vocabulary = Vocabulary(title.title_id for title in titles)
    train = to_interactions(known_at(viewings, stored.split_ms), profile_ids, vocabulary)
    complete = to_interactions(known_at(viewings, stored.end_ms), profile_ids, vocabulary)
    return Dataset(titles, profiles, train, complete, stored.split_ms)


def _to_bytes(table: pa.Table) -> bytes:
    sink = pa.BufferOutputStream()
    combined = table.combine_chunks()
    with ipc.new_file(sink, combined.schema) as writer:
        writer.write_table(combined)
    return bytes(sink.getvalue())


def _table(files: Mapping[str, bytes], name: str) -> pa.Table:
    return ipc.open_file(pa.BufferReader(files[name])).read_all()
