"""Weights of history entries."""

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from shared.clock import DAY_MS
from shared.models.history import HistoryWeighting, history_matrix, strength
from shared.models.port import HistoryEntry, Query, QueryContext
from tests.models.data import NOW_MS, title_id, vocabulary_of

SHARES = st.floats(0, 1)
WEIGHTINGS = st.builds(
    HistoryWeighting,
    half_life_days=st.none() | st.floats(0.5, 365),
    step_decay=st.floats(0.1, 1),
)


@given(SHARES, SHARES)
def test_strength_grows_with_the_fraction_from_zero_to_one(first: float, second: float) -> None:
    low, high = strength(sorted([first, second])).tolist()
    assert 0 <= low <= high <= 1


@given(WEIGHTINGS, SHARES, st.lists(st.integers(0, 1_000), min_size=1, max_size=6))
def test_weights_of_equal_viewings_grow_towards_the_latest(
    weighting: HistoryWeighting, fraction: float, ages: list[int]
) -> None:
    entries = [
        HistoryEntry(title_id(number), NOW_MS - age * DAY_MS, fraction)
        for number, age in enumerate(sorted(ages, reverse=True))
    ]
    query = Query(tuple(entries), QueryContext(NOW_MS))
    weights = history_matrix([query], vocabulary_of(len(ages)), weighting).toarray()[0]
    assert (np.diff(weights) >= 0).all()
    assert weights.max() <= strength(fraction) + 1e-6
