"""Tune a recipe on the validation days. Every recipe has the same number of tries."""

from dataclasses import dataclass
from typing import Any, Generic

import msgspec
import numpy.typing as npt

from offline.evaluation.evaluate import evaluate
from offline.evaluation.protocol import Split
from offline.training.recipes import Recipe
from offline.training.trainer import S, TrainingInputs


class TuningTry(msgspec.Struct, frozen=True):
    """Settings, and the primary metric that they reached on the validation days."""

    settings: dict[str, Any]
    value: float


@dataclass(frozen=True)
class TuningResult(Generic[S]):
    """The settings with the best value (the first of equal ones), and all tries."""

    settings: S
    tries: tuple[TuningTry, ...]


def tune(
    recipe: Recipe[S],
    split: Split,
    inputs: TrainingInputs,
    plays: npt.ArrayLike,
    tries: int = 3,
) -> TuningResult[S]:
    """Train with each of the first `tries` settings and evaluate on the validation days.

    Training uses the data before these days. The test days are not used.
    """
    values = []
    for number, settings in enumerate(recipe.grid[:tries]):
        scratch = inputs.scratch / f"try-{number}"
        trained = recipe.train(inputs.with_interactions(split.before_validation, scratch), settings)
        evaluation = evaluate(recipe.name, trained.model, split.validation, inputs.features, plays)
        values.append(evaluation.mean())
    best = max(range(len(values)), key=lambda number: (values[number], -number))
    log = tuple(
        TuningTry(msgspec.to_builtins(recipe.grid[number]), value)
        for number, value in enumerate(values)
    )
    return TuningResult(recipe.grid[best], log)
