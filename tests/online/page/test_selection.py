"""The best titles by score, equal scores by number."""

from random import Random

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from online.page.ranking.selection import select_best

SCORES = st.lists(
    st.sampled_from([-2.5, -1.0, -0.0, 0.0, 1e-38, 0.25, 0.5, 3.0]), min_size=1, max_size=60
)


@given(SCORES, st.integers(1, 70), st.randoms(use_true_random=False))
def test_the_selection_is_the_head_of_the_full_order(
    scores: list[float], count: int, random: Random
) -> None:

    numbers = list(range(0, 3 * len(scores), 3))
    random.shuffle(numbers)
    chosen = select_best(np.array(numbers, np.int32), np.array(scores, np.float32), count)
    assert chosen.dtype == np.int32
    assert (
        chosen.tolist()
        == [
            number
            for _, number in sorted(
                (-score, number) for score, number in zip(scores, numbers, strict=True)
            )
        ][:count]
    )
