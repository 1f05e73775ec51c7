"""Tuning of recipes."""

from pathlib import Path
from typing import Any, cast

import numpy as np
import pytest
from pyspark.sql import SparkSession

from offline.evaluation.protocol import split
from offline.evaluation.settings import ProtocolSettings
from offline.evaluation.tuning import tune
from offline.training.recipes import RECIPES, AnyRecipe, Recipe
from offline.training.trainer import TrainingInputs, TrainingResult, closed_form
from shared.models.ease import EaseSettings
from shared.models.item_knn import ItemKnn, ItemKnnSettings
from tests.models.data import checkerboard, checkerboard_features

SIZE = 24
MINUTES = 1 / 24 / 60


def _inputs(scratch: Path) -> TrainingInputs:
    # No recipe here needs Spark.
    return TrainingInputs(
        checkerboard(SIZE), checkerboard_features(SIZE), cast("SparkSession", None), scratch, seed=1
    )


def test_the_best_settings_on_the_validation_days_are_chosen(tmp_path: Path) -> None:
    parts = split(
        checkerboard(SIZE), ProtocolSettings(test_days=60 * MINUTES, validation_days=60 * MINUTES)
    )
    useless, useful = ItemKnnSettings(neighbors=0), ItemKnnSettings(neighbors=20, shrink=1.0)
    recipe = Recipe(
        "item_knn",
        (useless, useful),
        closed_form(ItemKnn.train),
    )
    tuned = tune(recipe, parts, _inputs(tmp_path), np.ones(SIZE))
    assert tuned.settings == useful
    assert [entry.settings["neighbors"] for entry in tuned.tries] == [0, 20]
    assert tuned.tries[1].value > tuned.tries[0].value


def test_tuning_trains_before_the_validation_days_with_the_allowed_tries(
    tmp_path: Path,
) -> None:
    parts = split(
        checkerboard(SIZE), ProtocolSettings(test_days=60 * MINUTES, validation_days=60 * MINUTES)
    )
    seen: list[tuple[int, Any]] = []

    def train(inputs: TrainingInputs, settings: Any) -> TrainingResult:
        seen.append((len(inputs.interactions), settings))
        return TrainingResult(ItemKnn.train(inputs.interactions))

    tune(Recipe("item_knn", (1, 2, 3), train), parts, _inputs(tmp_path), np.ones(SIZE), tries=2)
    assert seen == [(len(parts.before_validation), 1), (len(parts.before_validation), 2)]
    assert len(parts.before_validation) == len(checkerboard(SIZE)) - 120


def test_of_equal_values_the_first_settings_are_chosen(tmp_path: Path) -> None:
    parts = split(
        checkerboard(SIZE), ProtocolSettings(test_days=60 * MINUTES, validation_days=60 * MINUTES)
    )
    recipe = Recipe(
        "item_knn",
        (EaseSettings(ridge=1), EaseSettings(ridge=2)),
        lambda inputs, _: TrainingResult(ItemKnn.train(inputs.interactions)),
    )
    assert tune(recipe, parts, _inputs(tmp_path), np.ones(SIZE)).settings == EaseSettings(ridge=1)


@pytest.mark.parametrize("recipe", RECIPES, ids=lambda recipe: recipe.name)
def test_every_recipe_has_equally_many_tries(recipe: AnyRecipe) -> None:
    assert len(recipe.grid) == 3
