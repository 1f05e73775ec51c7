"""Evaluate one model on all queries of an evaluation set: quality, diversity, and by activity."""

import time
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final

import numpy as np
import numpy.typing as npt

from offline.catalog_scorer import CatalogScorer
from offline.evaluation.protocol import EvaluationSet
from shared.features.titles import TitleFeatures
from shared.metrics.diversity import (
    coverage,
    effective_catalog_size,
    gini,
    intra_list_distance,
    novelty,
)
from shared.metrics.intervals import ConfidenceInterval, bootstrap, group_means
from shared.metrics.ranking import Values, ndcg, recall, reciprocal_rank
from shared.models.port import Scorer
from shared.models.ranking import NEVER, exclude_seen, top_k
from shared.vocabulary import UNKNOWN, Numbers

DEPTH: Final = 100
"""Length of the ranked lists; a guess."""
SHOWN: Final = 10
"""Length of the part of a list that a member sees; a guess. Diversity is measured on it."""
PRIMARY: Final = "ndcg@10"
"""The metric by which models are compared."""
_BATCH_QUERIES: Final = 512
_ACTIVITY_GROUPS: Final = 10


@dataclass(frozen=True)
class Evaluation:
    """The result of one model. `values` has a value per query for each metric."""

    name: str
    values: dict[str, Values]
    guards: dict[str, float]
    """Metrics of all lists together; a refresh may lose at most `GateSettings.guard_margin`."""
    by_activity: tuple[float, ...]
    """The primary metric per tenth of the queries, from the shortest histories to the longest."""
    profiles: npt.NDArray[np.int64]
    seconds: float

    def mean(self, metric: str = PRIMARY) -> float:
        """The mean over profiles; NaN without queries."""
        means = group_means(self.values[metric], self.profiles)
        return float(means.mean()) if len(means) else float("nan")

    def interval(self, metric: str, rng: np.random.Generator) -> ConfidenceInterval:
        """The mean over profiles with its 95 % bootstrap interval."""
        return bootstrap(self.values[metric], self.profiles, rng)


def evaluate(
    name: str,
    model: Scorer,
    evaluation_set: EvaluationSet,
    features: TitleFeatures,
    plays: npt.ArrayLike,
) -> Evaluation:
    """Rank the whole catalog for every query, without the titles of its history.

    `features` and `plays` (the number of plays of each title before the split) are in the order of
    the evaluation set's vocabulary.
    """
    started = time.perf_counter()
    lists = _ranked_lists(model, evaluation_set)
    hits = lists == evaluation_set.vocabulary.numbers(evaluation_set.targets)[:, None]
    relevant = np.ones(len(evaluation_set), np.int64)
    complete = (lists[:, :SHOWN] != UNKNOWN).all(axis=1)
    top_lists = lists[complete, :SHOWN]
    values = {
        PRIMARY: ndcg(hits, relevant, SHOWN),
        "recall@10": recall(hits, relevant, SHOWN),
        "recall@50": recall(hits, relevant, 50),
        "ndcg@100": ndcg(hits, relevant, DEPTH),
        "mrr@100": reciprocal_rank(hits, relevant, DEPTH),
        "list distance@10": _nan_unless(complete, intra_list_distance(top_lists, features.matrix)),
        "novelty@10": _nan_unless(complete, novelty(top_lists, plays)),
    }
    return Evaluation(
        name=name,
        values=values,
        guards=_guards(top_lists, features),
        by_activity=_by_activity(values[PRIMARY], evaluation_set.activity),
        profiles=evaluation_set.profiles,
        seconds=time.perf_counter() - started,
    )


def _ranked_lists(model: Scorer, evaluation_set: EvaluationSet) -> Numbers:
    """Return int32[queries, DEPTH or fewer], best first, UNKNOWN where the model has no score."""
    width = min(DEPTH, len(evaluation_set.vocabulary))
    empty = np.empty((0, width), np.int32)
    return np.concatenate([empty, *_ranked_batches(model, evaluation_set)])


def _ranked_batches(model: Scorer, evaluation_set: EvaluationSet) -> Iterator[Numbers]:
    catalog = evaluation_set.vocabulary
    scorer = CatalogScorer(model, catalog)
    for start in range(0, len(evaluation_set), _BATCH_QUERIES):
        queries = evaluation_set.queries[start : start + _BATCH_QUERIES]
        scores = exclude_seen(scorer.score(queries), queries, catalog)
        numbers, best = top_k(scores, DEPTH)
        yield np.where(best > NEVER, numbers, np.int32(UNKNOWN))


def _nan_unless(complete: npt.NDArray[np.bool_], measured: Values) -> Values:
    """Return NaN for queries with a short list: its diversity is not comparable."""
    values = np.full(len(complete), np.nan)
    values[complete] = measured
    return values


def _guards(top_lists: Numbers, features: TitleFeatures) -> dict[str, float]:
    titles = len(features.vocabulary)
    exposure = np.bincount(top_lists.ravel(), minlength=titles)
    distances = intra_list_distance(top_lists, features.matrix)
    return {
        "coverage@10": coverage(top_lists, titles),
        "evenness@10": 1 - gini(exposure),
        "effective catalog@10": effective_catalog_size(exposure),
        "list distance@10": float(distances.mean()) if len(top_lists) else 0.0,
    }


def _by_activity(values: Values, activity: npt.NDArray[np.int64]) -> tuple[float, ...]:
    order = np.argsort(activity, kind="stable")
    return tuple(
        float(values[group].mean()) if len(group) else float("nan")
        for group in np.array_split(order, _ACTIVITY_GROUPS)
    )
