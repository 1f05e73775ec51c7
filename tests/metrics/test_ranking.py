from math import log2

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from shared.metrics.ranking import (
    auc,
    average_precision,
    f1,
    ndcg,
    precision,
    recall,
    reciprocal_rank,
    truncated_recall,
)

A = [1, 0, 1, 0, 1]
B = [0, 1, 0, 1, 1]
BOTH = np.array([A, B], dtype=bool)
THREE = np.array([3, 3])


def test_precision_does_not_depend_on_order() -> None:
    assert precision(BOTH, 5).tolist() == [3 / 5, 3 / 5]
    assert precision(BOTH, 2).tolist() == [1 / 2, 1 / 2]


def test_precision_counts_the_missing_ranks_of_a_short_list_as_misses() -> None:
    assert precision(BOTH, 10).tolist() == [3 / 10, 3 / 10]


def test_ndcg_of_two_lists_with_the_same_precision() -> None:
    ideal = 1 + 1 / log2(3) + 1 / log2(4)
    expected = [
        (1 + 1 / log2(4) + 1 / log2(6)) / ideal,
        (1 / log2(3) + 1 / log2(5) + 1 / log2(6)) / ideal,
    ]
    assert ndcg(BOTH, THREE, 5) == pytest.approx(expected)
    assert ndcg(BOTH, THREE, 5).round(4).tolist() == [0.8855, 0.6797]


def test_ndcg_is_one_for_all_hits_even_with_more_relevant_titles_than_ranks() -> None:
    assert ndcg(np.ones((1, 3), bool), np.array([7]), 3).tolist() == [1.0]


def test_truncated_recall_divides_by_at_most_k() -> None:
    hits, relevant = np.array([[1, 1, 0]], bool), np.array([6])
    assert recall(hits, relevant, 3).tolist() == [2 / 6]
    assert truncated_recall(hits, relevant, 3).tolist() == [2 / 3]


def test_f1_is_the_harmonic_mean() -> None:
    p, r = 3 / 5, 3 / 4
    assert f1(BOTH, np.array([4, 4]), 5) == pytest.approx([2 * p * r / (p + r)] * 2)


def test_average_precision_is_the_mean_precision_at_the_hits() -> None:
    expected = [1 / 3 * (1 / 1 + 2 / 3 + 3 / 5), 1 / 3 * (1 / 2 + 2 / 4 + 3 / 5)]
    assert average_precision(BOTH, THREE, 5) == pytest.approx(expected)


def test_reciprocal_rank_is_that_of_the_first_hit() -> None:
    hits = np.array([A, B, [0, 0, 0, 0, 0]], bool)
    assert reciprocal_rank(hits, np.array([3, 3, 3]), 5).tolist() == [1, 1 / 2, 0]


def test_a_query_without_relevant_titles_is_nan() -> None:
    hits, none = np.zeros((1, 3), bool), np.array([0])
    for value in (
        recall(hits, none, 3),
        ndcg(hits, none, 3),
        f1(hits, none, 3),
        reciprocal_rank(hits, none, 3),
    ):
        assert np.isnan(value).all()


def test_auc_counts_ordered_pairs_and_half_of_the_ties() -> None:
    scores, labels = np.array([0.9, 0.8, 0.8, 0.1]), np.array([True, True, False, False])
    # Pairs: .9>.8, .9>.1, .8=.8, .8>.1
    assert auc(scores, labels) == (1 + 1 + 1 / 2 + 1) / 4


def test_auc_without_negatives_is_nan() -> None:
    assert np.isnan(auc(np.array([1.0, 2.0]), np.array([True, True])))


@given(st.lists(st.booleans(), min_size=1, max_size=12), st.integers(1, 12))
def test_every_metric_is_between_zero_and_one(row: list[bool], k: int) -> None:
    hits, relevant = np.array([row]), np.array([max(sum(row), 1)])
    for metric in (recall, truncated_recall, f1, average_precision, ndcg, reciprocal_rank):
        assert 0 <= metric(hits, relevant, k)[0] <= 1 + 1e-12


@given(st.lists(st.booleans(), min_size=2, max_size=12), st.data())
def test_moving_a_hit_up_never_lowers_a_metric(row: list[bool], data: st.DataObject) -> None:
    rank = data.draw(st.integers(1, len(row) - 1))
    better = list(row)
    better[rank - 1], better[rank] = max(row[rank - 1 : rank + 1]), min(row[rank - 1 : rank + 1])
    relevant, k = np.array([max(sum(row), 1)]), data.draw(st.integers(1, 12))
    for metric in (recall, truncated_recall, f1, average_precision, ndcg, reciprocal_rank):
        improved = metric(np.array([better]), relevant, k)[0]
        assert improved >= metric(np.array([row]), relevant, k)[0] - 1e-12


@given(st.lists(st.tuples(st.integers(0, 3), st.booleans()), min_size=1, max_size=12))
def test_auc_of_negated_scores_is_one_minus_auc(rows: list[tuple[int, bool]]) -> None:
    scores = np.array([score for score, _ in rows], np.float64)
    labels = np.array([label for _, label in rows], bool)
    np.testing.assert_allclose(auc(-scores, labels), 1 - auc(scores, labels))
