"""Metrics and guards of one model."""

from collections.abc import Sequence
from math import log2

import numpy as np
import pytest

from offline.catalog_scorer import CatalogScorer
from offline.evaluation.evaluate import PRIMARY, evaluate
from offline.evaluation.protocol import EvaluationSet
from offline.evaluation.similars import ByLatestTitle
from shared.models.item_knn import ItemKnn
from shared.models.port import Query, Scores
from shared.models.ranking import NEVER
from shared.vocabulary import Numbers, Vocabulary
from tests.models.data import checkerboard, checkerboard_features, query_of, title_id, vocabulary_of

TITLES = 12


class ByNumber:
    """Ranks titles 0, 1, 2 … for everyone."""

    def __init__(self, vocabulary: Vocabulary) -> None:
        self.vocabulary = vocabulary

    def score(self, queries: Sequence[Query], candidates: Numbers | None = None) -> Scores:
        scores = np.tile(-np.arange(len(self.vocabulary), dtype=np.float32), (len(queries), 1))
        return scores if candidates is None else scores[:, candidates]


def _queries(*pairs: tuple[Query, int], profiles: Sequence[int] | None = None) -> EvaluationSet:
    return EvaluationSet(
        vocabulary=vocabulary_of(TITLES),
        queries=tuple(query for query, _ in pairs),
        targets=tuple(title_id(target) for _, target in pairs),
        profiles=np.asarray(range(len(pairs)) if profiles is None else profiles, np.int64),
        activity=np.asarray([len(query.history) for query, _ in pairs], np.int64),
    )


FEATURES = checkerboard_features(TITLES)
PLAYS = np.ones(TITLES)


def test_seen_titles_are_not_ranked() -> None:
    queries = _queries((query_of(), 2), (query_of(0, 1), 2), (query_of(), 11))
    evaluation = evaluate("by number", ByNumber(vocabulary_of(TITLES)), queries, FEATURES, PLAYS)
    assert evaluation.values[PRIMARY] == pytest.approx([1 / log2(4), 1, 0])
    assert evaluation.values["recall@10"].tolist() == [1, 1, 0]
    assert evaluation.values["recall@50"].tolist() == [1, 1, 1]
    assert evaluation.values["mrr@100"] == pytest.approx([1 / 3, 1, 1 / 12])


def test_each_profile_counts_once_in_the_mean() -> None:
    queries = _queries((query_of(), 0), (query_of(), 0), (query_of(), 11), profiles=[4, 4, 9])
    assert evaluate("m", ByNumber(vocabulary_of(TITLES)), queries, FEATURES, PLAYS).mean() == 0.5


def test_guards_are_computed_on_the_shown_lists() -> None:
    queries = _queries((query_of(), 0), (query_of(), 0))
    guards = evaluate("m", ByNumber(vocabulary_of(TITLES)), queries, FEATURES, PLAYS).guards
    assert guards["coverage@10"] == 10 / 12
    # Ten titles shown twice each: Σ i = 55, so the effective catalog is 2·5.5 − 1.
    assert guards["effective catalog@10"] == pytest.approx(10)
    # Of the ten, five are of each kind. Titles share kind, language and maturity (3 features); half
    # of the pairs share the genre.
    pairs_alike, pairs = 2 * 10, 45
    assert guards["list distance@10"] == pytest.approx(
        1 - (pairs_alike * 1 + (pairs - pairs_alike) * 3 / 4) / pairs
    )


def test_a_target_outside_the_models_vocabulary_is_a_miss() -> None:
    queries = _queries((query_of(), 11))
    evaluation = evaluate("old", ByNumber(vocabulary_of(5)), queries, FEATURES, PLAYS)
    assert evaluation.values["recall@50"].tolist() == [0]
    assert np.isnan(evaluation.values["list distance@10"]).all()


def test_scores_are_reordered_by_title() -> None:
    model = ByNumber(Vocabulary([title_id(3), title_id(0), title_id(99)]))
    moved = CatalogScorer(model, vocabulary_of(4)).score([query_of()])
    assert moved.tolist() == [[-1, NEVER, NEVER, 0]]


def test_an_empty_evaluation_set_is_no_error() -> None:
    evaluation = evaluate("m", ByNumber(vocabulary_of(TITLES)), _queries(), FEATURES, PLAYS)
    assert np.isnan(evaluation.mean())
    assert evaluation.guards["coverage@10"] == 0


def test_similar_titles_are_those_of_the_latest_title() -> None:
    model = ByLatestTitle(ItemKnn.train(checkerboard(TITLES)))
    scores = model.score([query_of(1, 4), query_of()])
    assert {number % 2 for number in np.flatnonzero(scores[0] > NEVER).tolist()} == {0}
    assert (scores[1] == NEVER).all()
