"""Evaluates models on the held-out plays of one data set."""

from dataclasses import dataclass

import msgspec
import numpy as np
import numpy.typing as npt

from offline.datasets.dataset import Dataset
from offline.evaluation.evaluate import Evaluation, evaluate
from offline.evaluation.protocol import EvaluationSet, evaluation_set
from offline.evaluation.settings import ProtocolSettings
from shared.features.titles import TitleFeatures
from shared.models.port import Scorer


class ModelFigures(msgspec.Struct, frozen=True, kw_only=True):
    """Figures of one model."""

    metrics: dict[str, tuple[float, float, float]]
    """Mean, lower and upper bound of the 95 % interval, by metric."""
    guards: dict[str, float]
    by_activity: tuple[float, ...]
    """The primary metric by tenths of the queries, from short histories to long."""
    seconds: float


@dataclass(frozen=True)
class Evaluator:
    """Evaluates every model on the same queries."""

    queries: EvaluationSet
    features: TitleFeatures
    plays: npt.NDArray[np.int64]
    """int64[titles]: plays before the split."""

    @classmethod
    def for_dataset(cls, dataset: Dataset, settings: ProtocolSettings) -> "Evaluator":
        """The queries are all first positive viewings since the split."""
        complete = dataset.complete
        end_ms = int(complete.time_ms[-1]) + 1 if len(complete) else dataset.split_ms
        return cls(
            queries=evaluation_set(complete, dataset.split_ms, end_ms, settings),
            features=dataset.features,
            plays=np.bincount(dataset.train.items, minlength=len(complete.vocabulary)),
        )

    def evaluate(self, name: str, model: Scorer) -> Evaluation:
        """Rank the catalog for all queries and measure the lists."""
        return evaluate(name, model, self.queries, self.features, self.plays)


def figures_of(evaluation: Evaluation, rng: np.random.Generator) -> ModelFigures:
    """The figures of an evaluation, with bootstrap intervals."""
    intervals = {metric: evaluation.interval(metric, rng) for metric in evaluation.values}
    return ModelFigures(
        metrics={
            metric: (interval.mean, interval.low, interval.high)
            for metric, interval in intervals.items()
        },
        guards=evaluation.guards,
        by_activity=evaluation.by_activity,
        seconds=evaluation.seconds,
    )
