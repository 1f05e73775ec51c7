"""The recipes that the nightly trains: a family, how it is trained, and the few settings it may be
tuned among.

To add one: a family in shared/models with its line in the registry, a trainer, and a line in
RECIPES.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any, Final

import msgspec
from pyspark.sql import SparkSession

from offline.training.als import train_als
from offline.training.settings import DistributedTrainingSettings
from offline.training.two_tower.job import train_two_tower
from offline.training.two_tower.task import TrainingSettings
from shared.features.titles import TitleFeatures
from shared.models.als import AlsSettings
from shared.models.ease import Ease, EaseSettings
from shared.models.history import HistoryWeighting
from shared.models.interactions import Interactions
from shared.models.item_knn import ItemKnn, ItemKnnSettings
from shared.models.popularity import Popularity, PopularitySettings
from shared.models.registry import Model


@dataclass(frozen=True)
class TrainingInputs:
    """What training may use. `scratch` is this recipe's own folder: what a killed run left there is
    taken up again.
    """

    train: Interactions
    features: TitleFeatures
    spark: SparkSession
    scratch: Path
    seed: int
    distributed: DistributedTrainingSettings = field(default_factory=DistributedTrainingSettings)

    def only(self, train: Interactions, scratch: Path) -> "TrainingInputs":
        """The same, from other interactions (those before a validation period, say)."""
        return replace(self, train=train, scratch=scratch)


@dataclass(frozen=True)
class Trained:
    """A model, and what its trainer has to say for the report (losses, time spent waiting for
    input).
    """

    model: Model
    facts: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True)
class Recipe:
    """How one kind of model is made. `grid` holds the settings worth trying, the usual ones first;
    every recipe gets as many tries.
    """

    name: str
    grid: tuple[Any, ...]
    train: Callable[[TrainingInputs, Any], Trained]


def _popularity(ingredients: TrainingInputs, settings: PopularitySettings) -> Trained:
    return Trained(Popularity.train(ingredients.train, settings))


def _item_knn(ingredients: TrainingInputs, settings: ItemKnnSettings) -> Trained:
    return Trained(ItemKnn.train(ingredients.train, settings))


def _ease(ingredients: TrainingInputs, settings: EaseSettings) -> Trained:
    return Trained(Ease.train(ingredients.train, settings))


def _als(ingredients: TrainingInputs, settings: AlsSettings) -> Trained:
    return Trained(
        train_als(ingredients.train, ingredients.spark, seed=ingredients.seed, settings=settings)
    )


def _two_tower(ingredients: TrainingInputs, settings: TrainingSettings) -> Trained:
    model, report = train_two_tower(
        ingredients.train,
        ingredients.features,
        ingredients.spark,
        scratch=ingredients.scratch,
        seed=ingredients.seed,
        training=settings,
        distributed=ingredients.distributed,
    )
    return Trained(
        model, {**msgspec.to_builtins(report), "input_wait_share": report.input_wait_share}
    )


_FADING: Final = HistoryWeighting(half_life_days=14.0)

RECIPES: Final[dict[str, Recipe]] = {
    recipe.name: recipe
    for recipe in (
        Recipe(
            "popularity",
            tuple(PopularitySettings(half_life_days=days) for days in (7.0, 2.0, 30.0)),
            _popularity,
        ),
        Recipe(
            "item_knn",
            tuple(
                ItemKnnSettings(shrink=s, weighting=r)
                for s, r in ((20.0, _FADING), (20.0, HistoryWeighting()), (5.0, _FADING))
            ),
            _item_knn,
        ),
        Recipe(
            "ease",
            tuple(EaseSettings(ridge=ridge, weighting=_FADING) for ridge in (100.0, 30.0, 300.0)),
            _ease,
        ),
        Recipe(
            "als",
            tuple(
                AlsSettings(embedding_size=size, alpha=3.0, weighting=_FADING)
                for size in (16, 8, 64)
            ),
            _als,
        ),
        Recipe(
            "two_tower", tuple(TrainingSettings(epochs=epochs) for epochs in (6, 4, 12)), _two_tower
        ),
    )
}
