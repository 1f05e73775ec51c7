from math import log2

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy.sparse import csr_matrix

from shared.metrics.diversity import (
    coverage,
    effective_catalog_size,
    gini,
    intra_list_distance,
    novelty,
)


def test_effective_catalog_size_of_hours_ten_six_three() -> None:
    assert effective_catalog_size([10, 6, 3]) == pytest.approx(
        2 * (10 * 1 + 6 * 2 + 3 * 3) / 19 - 1
    )
    assert round(effective_catalog_size([3, 10, 6]), 3) == 2.263


def test_effective_catalog_size_is_between_one_and_the_number_of_titles() -> None:
    assert effective_catalog_size([5, 0, 0]) == pytest.approx(1)
    assert effective_catalog_size([2, 2, 2, 2]) == pytest.approx(4)
    assert effective_catalog_size([0, 0]) == 0


def test_gini_of_equal_unequal_and_zero_amounts() -> None:
    assert gini([1, 1, 1, 1]) == 0
    assert gini([0, 0, 0, 1]) == 3 / 4
    assert gini([1, 2, 3]) == pytest.approx((-2 * 1 + 0 * 2 + 2 * 3) / (3 * 6))
    assert gini([0, 0]) == 0


def test_coverage_counts_a_title_in_two_lists_once() -> None:
    assert coverage(np.array([[0, 1], [1, 2]], np.int32), 6) == 3 / 6


def test_novelty_is_the_mean_negative_log_share_of_plays() -> None:
    lists = np.array([[0, 1], [1, 2]], np.int32)
    # Plays 4, 2, 1.5 and a title without plays, which counts as half a play: 8 in total.
    expected = [(log2(8 / 4) + log2(8 / 2)) / 2, (log2(8 / 2) + log2(8 / 1.5)) / 2]
    assert novelty(lists, [4, 2, 1.5, 0]) == pytest.approx(expected)


def test_intra_list_distance_is_the_mean_over_pairs() -> None:
    features = csr_matrix(np.array([[1, 0], [1, 0], [0, 1], [0, 0]], np.float32))
    lists = np.array([[0, 1, 2], [0, 1, 1], [0, 3, 3]], np.int32)
    # List 1: pair 01 has distance 0, pairs 02 and 12 have 1. List 2: all 0. List 3: a title without
    # features has distance 1 even to itself.
    assert intra_list_distance(lists, features) == pytest.approx([2 / 3, 0, 1])


def test_a_list_of_one_title_has_distance_zero() -> None:
    assert intra_list_distance(
        np.array([[0]], np.int32), csr_matrix(np.eye(1, dtype=np.float32))
    ).tolist() == [0]


@given(st.lists(st.integers(0, 100), min_size=1, max_size=10).filter(any))
def test_more_equal_use_has_a_smaller_gini_and_a_larger_effective_catalog(
    amounts: list[int],
) -> None:
    equal = [sum(amounts) / len(amounts)] * len(amounts)
    assert 0 <= gini(amounts) <= 1 - 1 / len(amounts) + 1e-9
    assert gini(equal) <= gini(amounts) + 1e-9
    assert 1 - 1e-9 <= effective_catalog_size(amounts) <= len(amounts) + 1e-9
    assert effective_catalog_size(amounts) == pytest.approx(len(amounts) * (1 - gini(amounts)))
