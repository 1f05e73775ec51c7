"""What every step has on its context: connections, settings, recipes, and somebody to tell how it
goes.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from pathlib import Path

import pyarrow as pa
from pyspark.sql import SparkSession

from offline.candidates.settings import CandidateSettings
from offline.datasets.reward import RewardSettings
from offline.evaluation.gates import GateSettings
from offline.ports import OpensArtifacts, OpensLog, OpensStore
from offline.training.recipes import Recipe
from offline.training.two_tower.job import DistributedSettings
from shared.artifacts.port import Artifacts
from shared.catalog.titles import Title
from shared.clock import Clock
from shared.models.interactions import Interactions
from shared.store.port import Store


@dataclass(frozen=True, slots=True)
class NightlySettings:
    """What a nightly run is made with; all of it is part of the run's identity."""

    holdout_days: float = 2.0
    """The last so many days are held out to measure on..."""
    holdout_share: float = 0.2
    """...but never more than this share of all plays, so that a young service learns something,
    too.
    """
    seed: int = 7
    """Seed of everything random in training and evaluation."""
    candidate_tasks: int = 4
    """Spark tasks that compute candidates."""
    sample_profiles: int = 20
    """Profiles whose candidates are read back before the pointer moves."""
    least_share: float = 0.5
    """A run that finds less than this share of the live generation's profiles stops: the data is
    not whole.
    """
    reward: RewardSettings = field(default_factory=RewardSettings)
    """What a watching is worth."""
    candidates: CandidateSettings = field(default_factory=CandidateSettings)
    """Which rows are computed."""
    gates: GateSettings = field(default_factory=GateSettings)
    """How much proof the gates ask."""


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
    opens_log: OpensLog
    opens_store: OpensStore
    opens_artifacts: OpensArtifacts
    store: Store
    artifacts: Artifacts
    clock: Clock
    work_folder: Path
    recipes: Sequence[Recipe]
    distributed: DistributedSettings
    settings: NightlySettings = field(default_factory=NightlySettings)
    tell: Callable[[str], None] = lambda _: None
