"""Step `dataset`: convert a snapshot of the lake to an artifact with viewings and profiles, and one
with the catalog.
"""

from typing import Final

from offline.context import RunContext
from offline.datasets.catalog import read_catalog
from offline.datasets.dataset import StoredDataset, dataset_files
from offline.datasets.interactions import known_at
from offline.datasets.profiles import read_profiles
from offline.datasets.viewings import play_times, read_viewings
from offline.lake.view import events
from offline.run import Run
from shared.artifacts.generation import load_generation
from shared.catalog.snapshot import snapshot_files
from shared.clock import DAY_MS
from shared.errors import GateFailed
from shared.ids import GenerationId
from shared.topics import SIGNALS

NO_DATA: Final = (
    "The data gate failed, and nothing was published: the lake has no plays or no titles. "
    "Check that events reach the log, and import a catalog (`marquee import`)."
)


def build_dataset(run: Run) -> StoredDataset:
    """Read the run's snapshot with Spark and store it.

    Raises:
        GateFailed: the data are incomplete: no plays, no titles, or far fewer profiles than the
            live generation has.
    """
    context, snapshot_id = run.context, run.start.snapshot_id
    protocol = context.settings.protocol
    catalog = read_catalog(context.spark, snapshot_id)
    signals = events(context.spark, snapshot_id).where(f"topic = '{SIGNALS}'").persist()
    try:
        times = play_times(signals, 1 - protocol.max_test_share)
        if times is None or not catalog.titles:
            raise GateFailed(NO_DATA)
        end_ms = times.latest_ms + 1
        split_ms = max(end_ms - int(protocol.test_days * DAY_MS), times.quantile_ms)
        viewings = read_viewings(signals, context.settings.reward, (split_ms, end_ms))
        profiles = read_profiles(signals)
    finally:
        signals.unpersist()
    _check_profile_count(context, run.start.live, profiles.num_rows)
    return StoredDataset(
        artifact=context.artifacts.put(dataset_files(viewings, profiles)),
        catalog=context.artifacts.put(snapshot_files(catalog.titles)),
        catalog_incarnation=catalog.incarnation,
        catalog_next_offset=catalog.next_offset,
        split_ms=split_ms,
        end_ms=end_ms,
        titles=len(catalog.titles),
        profiles=profiles.num_rows,
        viewings=known_at(viewings, end_ms).num_rows,
    )


def _check_profile_count(context: RunContext, live: GenerationId | None, profiles: int) -> None:
    if live is None:
        return
    live_profiles = load_generation(context.artifacts, live).profiles
    min_share = context.settings.min_profile_share
    if profiles < min_share * live_profiles:
        raise GateFailed(
            f"The data gate failed, and nothing was published: the lake has {profiles} profiles, "
            f"but the live generation {live} has {live_profiles}, and at least "
            f"{min_share:.0%} of them are required. Check that the lake is complete; if the drop "
            "is real, lower offline.min_profile_share."
        )
