"""What every step has on its desk: connections, settings, recipes, and somebody to tell how it goes."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Protocol

import msgspec
import pyarrow as pa
from pyspark.sql import SparkSession

from offline.candidates.settings import CandidateSettings
from offline.datasets.reward import RewardSettings
from offline.ports import OpensArtifacts, OpensLog, OpensStore
from shared.artifacts.port import Artifacts
from shared.catalog.titles import Title
from shared.clock import Clock
from shared.ids import ArtifactId
from shared.models.interactions import Interactions
from shared.models.registry import Model
from shared.store.port import Store


@dataclass(frozen=True, slots=True)
class NightlySettings:
    """What a nightly run is made with; all of it is part of the run's identity."""

    holdout_days: float = 2.0
    """The last so many days are held out to measure on."""
    seed: int = 7
    """Seed of everything random in training and evaluation."""
    candidate_tasks: int = 4
    """Spark tasks that compute candidates."""
    sample_profiles: int = 20
    """Profiles whose candidates are read back before the pointer moves."""
    least_share: float = 0.5
    """A run that finds less than this share of the live generation's profiles stops: the data is not whole."""
    reward: RewardSettings = field(default_factory=RewardSettings)
    """What a watching is worth."""
    candidates: CandidateSettings = field(default_factory=CandidateSettings)
    """Which rows are computed."""


@dataclass(frozen=True)
class Workbench:
    """What a recipe trains with; `folder` outlives a kill, for checkpoints, and is the training's own."""

    spark: SparkSession
    folder: Path
    seed: int
    tell: Callable[[str], None]


class Recipe(Protocol):
    """A way to make a model. Its `version` changes with every setting or piece of code that changes what comes out."""

    @property
    def name(self) -> str: ...

    @property
    def version(self) -> str: ...

    @property
    def roles(self) -> tuple[str, ...]:
        """The roles that its models compete for."""
        ...

    def train(self, interactions: Interactions, titles: Sequence[Title], bench: Workbench) -> Model: ...


class Trained(msgspec.Struct, frozen=True, kw_only=True):
    """A trained model in the artefact store; `data_end_ms` is the moment before which everything it learnt from happened."""

    recipe: str
    family: str
    artifact: ArtifactId
    bytes: int
    data_end_ms: int


class Verdict(msgspec.Struct, frozen=True):
    """What the gates say of a role: the recipe that fills it from now on (None: the live model stays), and why.

    `refused` tells a gate that failed from a role for which there was simply nothing better.
    """

    winner: str | None
    reason: str
    refused: bool = False


@dataclass(frozen=True)
class LiveModel:
    """The model that fills a role now, and the moment before which everything it learnt from happened."""

    model: Model
    family: str
    data_end_ms: int


@dataclass(frozen=True)
class Dataset:
    """A data set in memory: `known` is what was known at the split, `everything` at the end, in the same numbers."""

    titles: tuple[Title, ...]
    profiles: pa.Table
    known: Interactions
    everything: Interactions
    split_ms: int

    @property
    def held_out(self) -> Interactions:
        """The watchings that began at or after the split."""
        return self.everything.since(self.split_ms)


class Judge(Protocol):
    """Measures models on the held-out days and applies the gates."""

    def __call__(
        self, desk: "Desk", dataset: Dataset, models: Mapping[str, Model], live: Mapping[str, LiveModel]
    ) -> tuple[bytes, dict[str, Verdict]]:
        """What was measured, as JSON for the report, and a verdict for every role."""
        ...


@dataclass(frozen=True)
class Desk:
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
    judge: Judge
    settings: NightlySettings = field(default_factory=NightlySettings)
    tell: Callable[[str], None] = lambda _: None

    def recipe(self, name: str) -> Recipe:
        """The recipe of that name."""
        return next(recipe for recipe in self.recipes if recipe.name == name)
