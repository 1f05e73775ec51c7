"""The inputs and the result of a trainer."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import TypeVar

from pyspark.sql import SparkSession

from offline.training.settings import DistributedTrainingSettings
from shared.features.titles import TitleFeatures
from shared.models.interactions import Interactions
from shared.models.registry import Model

S = TypeVar("S")

Fact = int | float | str | tuple[float, ...]
"""A value that a trainer reports, such as a loss or a duration."""


@dataclass(frozen=True)
class TrainingInputs:
    """Data and resources of one training."""

    interactions: Interactions
    features: TitleFeatures
    spark: SparkSession
    scratch: Path
    """The recipe's own folder. Training resumes from the checkpoints of an interrupted run here."""
    seed: int
    distributed: DistributedTrainingSettings = field(default_factory=DistributedTrainingSettings)


@dataclass(frozen=True)
class TrainingResult:
    """A trained model and the facts that its trainer reports, such as losses."""

    model: Model
    facts: Mapping[str, Fact] = field(default_factory=dict)


Trainer = Callable[[TrainingInputs, S], TrainingResult]
"""Trains with the given settings.

Raises SetupError when the interactions contain no training data.
"""


def closed_form(train: Callable[[Interactions, S], Model]) -> Trainer[S]:
    """The trainer of a family that needs interactions only."""

    def trainer(inputs: TrainingInputs, settings: S) -> TrainingResult:
        return TrainingResult(train(inputs.interactions, settings))

    return trainer
