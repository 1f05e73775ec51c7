"""Asks one model all the questions of a protocol, and measures its lists: how good, how broad, for
whom.
"""

import time
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final

import numpy as np
import numpy.typing as npt

from offline.evaluation.protocol import Questions
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
from shared.models.port import Scorer, Scores
from shared.models.ranking import NEVER, exclude_seen, top_k
from shared.vocabulary import UNKNOWN, Numbers, Vocabulary

DEPTH: Final = 100
LIST: Final = 10
PRIMARY: Final = "ndcg@10"
_BATCH = 512
_GROUPS = 10


@dataclass(frozen=True)
class Evaluation:
    """What one model did with the questions. `values` has a value per question for each metric;
    `guards` one for all.
    """

    name: str
    values: dict[str, Values]
    guards: dict[str, float]
    by_activity: tuple[float, ...]
    """The primary metric per tenth of the questions, from the shortest histories to the longest."""
    profiles: npt.NDArray[np.int64]
    seconds: float

    def mean(self, metric: str = PRIMARY) -> float:
        """Mean over profiles; NaN when nothing was asked."""
        means = group_means(self.values[metric], self.profiles)
        return float(means.mean()) if len(means) else float("nan")

    def interval(self, metric: str, rng: np.random.Generator) -> ConfidenceInterval:
        """The mean with its 95 % bootstrap interval over profiles."""
        return bootstrap(self.values[metric], self.profiles, rng)


def evaluate(
    name: str, model: Scorer, asked: Questions, features: TitleFeatures, plays: npt.ArrayLike
) -> Evaluation:
    """Rank the whole catalog for every question, without what its history holds.

    `features` and `plays` (how often each title was watched before the split) are of the questions'
    vocabulary.
    """
    started = time.perf_counter()
    lists = np.concatenate(
        [np.empty((0, min(DEPTH, len(asked.vocabulary))), np.int32), *_ranked(model, asked)]
    )
    hits = lists == asked.vocabulary.numbers(asked.targets)[:, None]
    one = np.ones(len(asked), np.int64)
    full = (lists[:, :LIST] != UNKNOWN).all(axis=1)
    shown = lists[full, :LIST]
    values = {
        PRIMARY: ndcg(hits, one, LIST),
        "recall@10": recall(hits, one, LIST),
        "recall@50": recall(hits, one, 50),
        "ndcg@100": ndcg(hits, one, DEPTH),
        "mrr@100": reciprocal_rank(hits, one, DEPTH),
        "list distance@10": _where(full, intra_list_distance(shown, features.matrix)),
        "novelty@10": _where(full, novelty(shown, plays)),
    }
    return Evaluation(
        name=name,
        values=values,
        guards=_guards(shown, features),
        by_activity=_by_activity(values[PRIMARY], asked.activity),
        profiles=asked.profiles,
        seconds=time.perf_counter() - started,
    )


def _ranked(model: Scorer, asked: Questions) -> Iterator[Numbers]:
    """Lists of numbers, best first; UNKNOWN where the model had nothing to say."""
    for start in range(0, len(asked), _BATCH):
        queries = asked.queries[start : start + _BATCH]
        scores = in_vocabulary(model.score(queries), model.vocabulary, asked.vocabulary)
        numbers, best = top_k(exclude_seen(scores, queries, asked.vocabulary), DEPTH)
        yield np.where(best > NEVER, numbers, np.int32(UNKNOWN))


def in_vocabulary(scores: Scores, known: Vocabulary, wanted: Vocabulary) -> Scores:
    """Scores in another vocabulary's order; titles that the model does not know are −inf."""
    if known == wanted:
        return scores
    places = np.asarray([known.number(title_id) for title_id in wanted.title_ids], np.int64)
    moved = np.full((len(scores), len(wanted)), NEVER, np.float32)
    moved[:, places != UNKNOWN] = scores[:, places[places != UNKNOWN]]
    return moved


def _where(full: npt.NDArray[np.bool_], measured: Values) -> Values:
    """NaN for questions whose list fell short: it has no diversity to speak of."""
    values = np.full(len(full), np.nan)
    values[full] = measured
    return values


def _guards(shown: Numbers, features: TitleFeatures) -> dict[str, float]:
    titles = len(features.vocabulary)
    exposure = np.bincount(shown.ravel(), minlength=titles)
    return {
        "coverage@10": coverage(shown, titles),
        "evenness@10": 1 - gini(exposure),
        "effective catalog@10": effective_catalog_size(exposure),
        "list distance@10": float(intra_list_distance(shown, features.matrix).mean())
        if len(shown)
        else 0.0,
    }


def _by_activity(values: Values, activity: npt.NDArray[np.int64]) -> tuple[float, ...]:
    order = np.argsort(activity, kind="stable")
    return tuple(
        float(values[part].mean()) if len(part) else float("nan")
        for part in np.array_split(order, _GROUPS)
    )
