"""What every step has on its context: connections, settings, recipes, and somebody to tell how it
goes.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from pathlib import Path

import pyarrow as pa
from pyspark.sql import SparkSession

from offline.settings import NightlySettings
from offline.training.recipes import Recipe
from shared.artifacts.port import Artifacts
from shared.catalog.titles import Title
from shared.clock import Clock
from shared.connections import ConnectionFactory
from shared.log.port import Log
from shared.models.interactions import Interactions
from shared.store.port import Store


@dataclass(frozen=True)
class Dataset:
    """A data set in memory: `known` is what was known at the split, `everything` at the end, in the
    same numbers.

    Models learn from `known` and are asked about what came after; candidates are computed from
    histories in `everything`.
    """

    titles: tuple[Title, ...]
    profiles: pa.Table
    known: Interactions
    everything: Interactions
    split_ms: int


@dataclass(frozen=True)
class RunContext:
    """The nightly run's surroundings; made by `infra` from settings."""

    spark: SparkSession
    opens_log: ConnectionFactory[Log]
    opens_store: ConnectionFactory[Store]
    opens_artifacts: ConnectionFactory[Artifacts]
    store: Store
    artifacts: Artifacts
    clock: Clock
    work_folder: Path
    recipes: Sequence[Recipe]
    settings: NightlySettings = field(default_factory=NightlySettings)
    tell: Callable[[str], None] = lambda _: None
