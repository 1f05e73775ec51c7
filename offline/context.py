"""The resources of every step of a run: connections, settings, recipes, a progress callback."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from pyspark.sql import SparkSession

from offline.settings import NightlySettings
from offline.training.recipes import AnyRecipe
from shared.artifacts.port import Artifacts
from shared.clock import Clock
from shared.connections import ConnectionFactory
from shared.log.port import Log
from shared.store.port import Store


@dataclass(frozen=True)
class RunContext:
    """Connections and settings of the offline tier; `infra` creates it from the settings.

    Factories are for Spark tasks, which open their own connections.
    """

    spark: SparkSession
    log_factory: ConnectionFactory[Log]
    store_factory: ConnectionFactory[Store]
    artifacts_factory: ConnectionFactory[Artifacts]
    store: Store
    artifacts: Artifacts
    clock: Clock
    work_folder: Path
    """Scratch space, one folder per run. Training checkpoints are written here."""
    recipes: Sequence[AnyRecipe]
    """The recipes to train; one of them must train a popularity model."""
    platform: str
    """The names of the lake and the store; a run is never resumed on another lake or store."""
    settings: NightlySettings = field(default_factory=NightlySettings)
    progress: Callable[[str], None] = lambda _: None
    """Called with one line of text for every step that ends. An exception that it raises ends the
    run, which the next nightly run resumes.
    """
