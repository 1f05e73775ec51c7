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


def test_precision_does_not_see_order() -> None:
    assert precision(BOTH, 5).tolist() == [3 / 5, 3 / 5]
    assert precision(BOTH, 2).tolist() == [1 / 2, 1 / 2]


def test_precision_of_a_short_list_counts_what_is_missing_as_misses() -> None:
    assert precision(BOTH, 10).tolist() == [3 / 10, 3 / 10]


def test_ndcg_prefers_hits_at_the_top() -> None:
    ideal = 1 + 1 / log2(3) + 1 / log2(4)
    expected = [
        (1 + 1 / log2(4) + 1 / log2(6)) / ideal,
        (1 / log2(3) + 1 / log2(5) + 1 / log2(6)) / ideal,
    ]
    assert ndcg(BOTH, THREE, 5) == pytest.approx(expected)
    assert ndcg(BOTH, THREE, 5).round(4).tolist() == [0.8855, 0.6797]


def test_ndcg_can_reach_one_with_more_relevant_titles_than_places() -> None:
    assert ndcg(np.ones((1, 3), bool), np.array([7]), 3).tolist() == [1.0]


def test_recall_and_its_truncated_form_differ_when_more_is_relevant_than_fits() -> None:
    hits, relevant = np.array([[1, 1, 0]], bool), np.array([6])
    assert recall(hits, relevant, 3).tolist() == [2 / 6]
    assert truncated_recall(hits, relevant, 3).tolist() == [2 / 3]


def test_f1_is_the_harmonic_mean() -> None:
    p, r = 3 / 5, 3 / 4
    assert f1(BOTH, np.array([4, 4]), 5) == pytest.approx([2 * p * r / (p + r)] * 2)


def test_average_precision_takes_precision_where_the_hits_are() -> None:
    expected = [1 / 3 * (1 / 1 + 2 / 3 + 3 / 5), 1 / 3 * (1 / 2 + 2 / 4 + 3 / 5)]
    assert average_precision(BOTH, THREE, 5) == pytest.approx(expected)


def test_reciprocal_rank_is_of_the_first_hit() -> None:
    hits = np.array([A, B, [0, 0, 0, 0, 0]], bool)
    assert reciprocal_rank(hits, np.array([3, 3, 3]), 5).tolist() == [1, 1 / 2, 0]


def test_a_query_with_nothing_relevant_has_no_value() -> None:
    hits, none = np.zeros((1, 3), bool), np.array([0])
    for value in (
        recall(hits, none, 3),
        ndcg(hits, none, 3),
        f1(hits, none, 3),
        reciprocal_rank(hits, none, 3),
    ):
        assert np.isnan(value).all()


def test_auc_counts_pairs_in_the_right_order_and_ties_half() -> None:
    scores, labels = np.array([0.9, 0.8, 0.8, 0.1]), np.array([True, True, False, False])
    # Pairs: .9>.8, .9>.1, .8=.8, .8>.1
    assert auc(scores, labels) == (1 + 1 + 1 / 2 + 1) / 4


def test_auc_without_both_kinds_is_not_a_number() -> None:
    assert np.isnan(auc(np.array([1.0, 2.0]), np.array([True, True])))


@given(st.lists(st.booleans(), min_size=1, max_size=12), st.integers(1, 12))
def test_no_metric_leaves_nought_to_one(row: list[bool], k: int) -> None:
    hits, relevant = np.array([row]), np.array([max(sum(row), 1)])
    for metric in (recall, truncated_recall, f1, average_precision, ndcg, reciprocal_rank):
        assert 0 <= metric(hits, relevant, k)[0] <= 1 + 1e-12
