"""The propensities of the logging policy."""

from collections import Counter

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from infra.world.policy import draw


def test_the_frequency_of_draws_equals_their_propensity() -> None:
    weights, rng, times = np.array([4.0, 3.0, 2.0, 1.0]), np.random.default_rng(1), 20_000
    pool = np.arange(4)
    first: Counter[int] = Counter()
    second_after_0: Counter[int] = Counter()
    for _ in range(times):
        drawn, _ = draw(weights, pool, 2, rng)
        first[int(drawn[0])] += 1
        if drawn[0] == 0:
            second_after_0[int(drawn[1])] += 1
    # By hand: 4/10, 3/10, 2/10, 1/10; without title 0, 3/6, 2/6, 1/6.
    assert [first[title] / times for title in range(4)] == pytest.approx(
        [0.4, 0.3, 0.2, 0.1], abs=0.015
    )
    assert [second_after_0[title] / first[0] for title in (1, 2, 3)] == pytest.approx(
        [3 / 6, 2 / 6, 1 / 6], abs=0.02
    )


def test_a_propensity_is_the_weight_over_the_remaining_weights() -> None:
    weights = np.array([4.0, 3.0, 2.0, 1.0])
    drawn, chance = draw(weights, np.arange(4), 4, np.random.default_rng(2))
    remaining = 10.0
    for title, propensity in zip(drawn, chance, strict=True):
        assert propensity == pytest.approx(weights[title] / remaining)
        remaining -= weights[title]


@given(
    st.lists(st.floats(1e-3, 1e3), min_size=1, max_size=30), st.integers(0, 40), st.integers(0, 5)
)
def test_a_draw_returns_distinct_members_of_the_pool(
    weights: list[float], count: int, seed: int
) -> None:
    pool = np.arange(len(weights)) * 2
    drawn, chance = draw(np.repeat(weights, 2), pool, count, np.random.default_rng(seed))
    assert len(set(drawn.tolist())) == len(drawn) == min(count, len(weights))
    assert set(drawn.tolist()) <= set(pool.tolist())
    assert ((chance > 0) & (chance <= 1)).all()
