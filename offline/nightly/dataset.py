"""The step that turns a snapshot of the lake into one artefact: watchings as known at two moments, profiles, and the catalogue."""

from collections.abc import Sequence

import msgspec
import pyarrow as pa
from pyarrow import ipc

from offline.datasets.catalogue import read_catalogue
from offline.datasets.interactions import known_at, to_interactions
from offline.datasets.profiles import read_profiles
from offline.datasets.watchings import play_times, read_watchings
from offline.lake.view import events
from offline.nightly.desk import Dataset, Desk
from offline.nightly.run import RunStart
from shared.artifacts.generation import load_generation
from shared.catalog.snapshot import snapshot_files, snapshot_titles
from shared.errors import GateFailed
from shared.features.context import DAY_MS
from shared.ids import ArtifactId, GenerationId, ProfileId
from shared.vocabulary import Vocabulary

WATCHINGS, PROFILES = "watchings.arrow", "profiles.arrow"


class DatasetMade(msgspec.Struct, frozen=True, kw_only=True):
    """The data set of a run. Its artefact's address is the hash of its content: equal input, equal address.

    `split_ms` and `end_ms` are the two moments as of which watchings are known; the days between them are held out to measure on.
    """

    artifact: ArtifactId
    catalogue: ArtifactId
    catalogue_incarnation: str
    catalogue_next_offset: int
    split_ms: int
    end_ms: int
    titles: int
    profiles: int
    watchings: int


def make_dataset(desk: Desk, start: RunStart) -> DatasetMade:
    """Read the snapshot and store what it says.

    Raises:
        GateFailed: the data cannot be whole: no plays, no titles, or far fewer profiles than the live generation was made for.
    """
    catalogue = read_catalogue(desk.spark, start.snapshot_id)
    view = events(desk.spark, start.snapshot_id).where("topic = 'signals'").persist()
    try:
        times = play_times(view, 1 - desk.settings.holdout_share)
        if times is None or not catalogue.titles:
            raise GateFailed("The data gate failed: the lake holds no plays, or no titles; nothing was published.")
        end_ms = times.latest_ms + 1
        split_ms = max(end_ms - int(desk.settings.holdout_days * DAY_MS), times.quantile_ms)
        watchings = read_watchings(view, desk.settings.reward, (split_ms, end_ms))
        profiles = read_profiles(view)
    finally:
        view.unpersist()
    _check_size(desk, start.live, profiles.num_rows)
    return DatasetMade(
        artifact=desk.artifacts.put({WATCHINGS: _to_bytes(watchings), PROFILES: _to_bytes(profiles)}),
        catalogue=desk.artifacts.put(snapshot_files(catalogue.titles)),
        catalogue_incarnation=catalogue.incarnation,
        catalogue_next_offset=catalogue.next_offset,
        split_ms=split_ms,
        end_ms=end_ms,
        titles=len(catalogue.titles),
        profiles=profiles.num_rows,
        watchings=known_at(watchings, end_ms).num_rows,
    )


def load_dataset(desk: Desk, made: DatasetMade) -> Dataset:
    """The data set back from its artefact."""
    files, titles = desk.artifacts.get(made.artifact), snapshot_titles(desk.artifacts.get(made.catalogue))
    watchings, profiles = _from_bytes(files[WATCHINGS]), _from_bytes(files[PROFILES])
    profile_ids: Sequence[ProfileId] = tuple(ProfileId(profile_id) for profile_id in profiles["profile_id"].to_pylist())
    vocabulary = Vocabulary(title.title_id for title in titles)
    return Dataset(
        titles=titles,
        profiles=profiles,
        known=to_interactions(known_at(watchings, made.split_ms), profile_ids, vocabulary),
        everything=to_interactions(known_at(watchings, made.end_ms), profile_ids, vocabulary),
        split_ms=made.split_ms,
    )


def _check_size(desk: Desk, live: GenerationId | None, profiles: int) -> None:
    if live is None:
        return
    before = load_generation(desk.artifacts, live).profiles
    if profiles < desk.settings.least_share * before:
        raise GateFailed(
            f"The data gate failed: {profiles} profiles, where the live generation was made for {before}; nothing was published."
        )


def _to_bytes(table: pa.Table) -> bytes:
    sink = pa.BufferOutputStream()
    combined = table.combine_chunks()
    with ipc.new_file(sink, combined.schema) as writer:
        writer.write_table(combined)
    return bytes(sink.getvalue())


def _from_bytes(data: bytes) -> pa.Table:
    return ipc.open_file(pa.BufferReader(data)).read_all()
