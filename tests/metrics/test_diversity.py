from math import log2

import numpy as np
import pytest
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


def test_effective_catalog_size_runs_from_one_title_to_all() -> None:
    assert effective_catalog_size([5, 0, 0]) == pytest.approx(1)
    assert effective_catalog_size([2, 2, 2, 2]) == pytest.approx(4)
    assert effective_catalog_size([0, 0]) == 0


def test_gini_runs_from_equal_to_all_in_one() -> None:
    assert gini([1, 1, 1, 1]) == 0
    assert gini([0, 0, 0, 1]) == 3 / 4
    assert gini([1, 2, 3]) == pytest.approx((-2 * 1 + 0 * 2 + 2 * 3) / (3 * 6))
    assert gini([0, 0]) == 0


def test_coverage_counts_titles_not_places() -> None:
    assert coverage(np.array([[0, 1], [1, 2]], np.int32), 6) == 3 / 6


def test_novelty_is_the_mean_surprise() -> None:
    lists = np.array([[0, 1], [1, 2]], np.int32)
    # Plays 4, 2, 1.5 and one title never played, which counts as half a play: 8 in all.
    expected = [(log2(8 / 4) + log2(8 / 2)) / 2, (log2(8 / 2) + log2(8 / 1.5)) / 2]
    assert novelty(lists, [4, 2, 1.5, 0]) == pytest.approx(expected)


def test_distance_inside_a_list_is_over_pairs() -> None:
    features = csr_matrix(np.array([[1, 0], [1, 0], [0, 1], [0, 0]], np.float32))
    lists = np.array([[0, 1, 2], [0, 1, 1], [0, 3, 3]], np.int32)
    # Pairs 01 alike, 02 and 12 unlike; then all alike; then a title without features, unlike even
    # itself.
    assert intra_list_distance(lists, features) == pytest.approx([2 / 3, 0, 1])


def test_a_list_of_one_has_no_distance() -> None:
    assert intra_list_distance(
        np.array([[0]], np.int32), csr_matrix(np.eye(1, dtype=np.float32))
    ).tolist() == [0]
