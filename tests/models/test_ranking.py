import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from shared.models.ranking import NEVER, nearest, top_k


@given(st.lists(st.integers(0, 3), min_size=1, max_size=40), st.integers(0, 45))
def test_the_best_k_are_those_of_a_stable_full_sort(scores: list[int], k: int) -> None:
    numbers, best = top_k(np.asarray([scores], np.float32), k)
    expected = sorted(range(len(scores)), key=lambda number: (-scores[number], number))[:k]
    assert numbers[0].tolist() == expected
    assert best[0].tolist() == [scores[number] for number in expected]


def test_scores_of_minus_infinity_rank_last() -> None:
    numbers, best = top_k(np.asarray([[1, NEVER, 2, NEVER]], np.float32), 4)
    assert numbers[0].tolist() == [2, 0, 1, 3]
    assert (best[0][2:] == NEVER).all()


def test_nearest_compares_directions_and_not_lengths() -> None:
    vectors = np.asarray([[1, 0], [100, 100], [0.1, 0], [0, 0], [-1, 0]], np.float32)
    numbers, cosines = nearest(vectors, 0, 5)
    assert numbers.tolist() == [2, 1, 4]
    np.testing.assert_allclose(cosines, [1, 1 / np.sqrt(2), -1], rtol=1e-6)


def test_a_vector_of_length_zero_has_no_nearest() -> None:
    assert nearest(np.zeros((3, 2), np.float32), 0, 2)[0].tolist() == []
