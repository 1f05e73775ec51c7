"""The step that turns a snapshot of the lake into one artifact: viewings as known at two moments,
profiles, and the catalog.
"""

from collections.abc import Sequence

import msgspec
import pyarrow as pa
from pyarrow import ipc

from offline.datasets.catalog import read_catalog
from offline.datasets.interactions import known_at, to_interactions
from offline.datasets.profiles import read_profiles
from offline.datasets.viewings import play_times, read_viewings
from offline.lake.view import events
from offline.nightly.context import Dataset, RunContext
from offline.nightly.run import RunStart
from shared.artifacts.generation import load_generation
from shared.catalog.snapshot import snapshot_files, snapshot_titles
from shared.clock import DAY_MS
from shared.errors import GateFailed
from shared.ids import ArtifactId, GenerationId, ProfileId
from shared.vocabulary import Vocabulary

VIEWINGS, PROFILES = "viewings.arrow", "profiles.arrow"


class DatasetMade(msgspec.Struct, frozen=True, kw_only=True):
    """The data set of a run. Its artifact's address is the hash of its content: equal input, equal
    address.

    `split_ms` and `end_ms` are the two moments as of which viewings are known; the days between
    them are held out to measure on.
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


def make_dataset(context: RunContext, start: RunStart) -> DatasetMade:
    """Read the snapshot and store what it says.

    Raises:
        GateFailed: the data cannot be whole: no plays, no titles, or far fewer profiles than the
            live generation was made for.
    """
    catalog = read_catalog(context.spark, start.snapshot_id)
    view = events(context.spark, start.snapshot_id).where("topic = 'signals'").persist()
    try:
        times = play_times(view, 1 - context.settings.protocol.max_test_share)
        if times is None or not catalog.titles:
            raise GateFailed(
                "The data gate failed: the lake holds no plays, or no titles; nothing was published."
            )
        end_ms = times.latest_ms + 1
        split_ms = max(
            end_ms - int(context.settings.protocol.test_days * DAY_MS), times.quantile_ms
        )
        viewings = read_viewings(view, context.settings.reward, (split_ms, end_ms))
        profiles = read_profiles(view)
    finally:
        view.unpersist()
    _check_size(context, start.live, profiles.num_rows)
    return DatasetMade(
        artifact=context.artifacts.put(
            {VIEWINGS: _to_bytes(viewings), PROFILES: _to_bytes(profiles)}
        ),
        catalog=context.artifacts.put(snapshot_files(catalog.titles)),
        catalog_incarnation=catalog.incarnation,
        catalog_next_offset=catalog.next_offset,
        split_ms=split_ms,
        end_ms=end_ms,
        titles=len(catalog.titles),
        profiles=profiles.num_rows,
        viewings=known_at(viewings, end_ms).num_rows,
    )


def load_dataset(context: RunContext, made: DatasetMade) -> Dataset:
    """The data set back from its artifact."""
    files, titles = (
        context.artifacts.get(made.artifact),
        snapshot_titles(context.artifacts.get(made.catalog)),
    )
    viewings, profiles = _from_bytes(files[VIEWINGS]), _from_bytes(files[PROFILES])
    profile_ids: Sequence[ProfileId] = tuple(
        ProfileId(profile_id) for profile_id in profiles["profile_id"].to_pylist()
    )
    vocabulary = Vocabulary(title.title_id for title in titles)
    return Dataset(
        titles=titles,
        profiles=profiles,
        known=to_interactions(known_at(viewings, made.split_ms), profile_ids, vocabulary),
        everything=to_interactions(known_at(viewings, made.end_ms), profile_ids, vocabulary),
        split_ms=made.split_ms,
    )


def _check_size(context: RunContext, live: GenerationId | None, profiles: int) -> None:
    if live is None:
        return
    before = load_generation(context.artifacts, live).profiles
    if profiles < context.settings.min_profile_share * before:
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
