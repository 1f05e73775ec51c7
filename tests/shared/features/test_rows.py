"""The affinity of a profile to facets, worked out by hand."""

import numpy as np
import pytest

from shared.features.rows import facet_affinity

PRIOR = np.array([0.75, 0.25], np.float32)
FIRST, SECOND = np.array([0], np.int32), np.array([1], np.int32)


def test_affinity_mixes_the_viewings_of_a_profile_with_the_average() -> None:
    # (1 + 2·0.75) / (2 + 2) and (1 + 2·0.25) / (2 + 2)
    affinity = facet_affinity([FIRST, SECOND], [1.0, 1.0], PRIOR, 2.0)
    assert affinity.tolist() == pytest.approx([0.625, 0.375])


def test_a_profile_without_viewings_has_the_average_affinity() -> None:
    assert facet_affinity([], [], PRIOR).tolist() == pytest.approx([0.75, 0.25])


def test_a_title_with_two_facets_counts_for_both() -> None:
    # (2 + 2·0.75) / (2 + 2) and (2 + 2·0.25) / (2 + 2)
    affinity = facet_affinity([np.array([0, 1], np.int32)], [2.0], PRIOR, 2.0)
    assert affinity.tolist() == pytest.approx([0.875, 0.625])
