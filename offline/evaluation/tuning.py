"""Tuning: a recipe's few settings, tried in order on the validation days; every recipe gets as many
tries, baselines too (R84).
"""

from dataclasses import dataclass
from typing import Any

import msgspec
import numpy.typing as npt

from offline.evaluation.evaluate import evaluate
from offline.evaluation.protocol import Split
from offline.training.recipes import AnyRecipe
from offline.training.trainer import TrainingInputs


class Try(msgspec.Struct, frozen=True):
    """One setting, and its primary metric on the validation days."""

    settings: dict[str, Any]
    value: float


@dataclass(frozen=True)
class Tuned:
    """The settings that did best (the earlier of equals), and every try."""

    settings: Any
    tries: tuple[Try, ...]


def tune(
    recipe: AnyRecipe,
    split: Split,
    ingredients: TrainingInputs,
    plays: npt.ArrayLike,
    tries: int = 3,
) -> Tuned:
    """Train on what lies before the validation days with each of the first `tries` settings; the
    test days are not touched.
    """
    values = []
    for number, settings in enumerate(recipe.grid[:tries]):
        before = ingredients.with_interactions(
            split.before_validation, ingredients.scratch / f"try-{number}"
        )
        model = recipe.train(before, settings).model
        values.append(
            evaluate(recipe.name, model, split.validation, ingredients.features, plays).mean()
        )
    best = max(range(len(values)), key=lambda number: (values[number], -number))
    log = tuple(
        Try(msgspec.to_builtins(recipe.grid[number]), value) for number, value in enumerate(values)
    )
    return Tuned(recipe.grid[best], log)
