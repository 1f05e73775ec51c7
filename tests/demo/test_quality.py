"""The sentence below the quality table, for values with a known difference."""

import numpy as np
import pytest

from infra.demo.sections.quality import BOUND, LIVE, live_page_verdict

BASE = np.random.default_rng(1).random(50)


@pytest.mark.parametrize(
    ("live", "sentence"),
    [
        (BASE + 0.1, "The live page is worth more than als, the best page of a model: 0.100 ["),
        (BASE - 0.1, "The live page is worth less than als, the best page of a model: -0.100 ["),
        (BASE, "No measurable difference between the live page and als, the best page of a model"),
    ],
)
def test_the_live_page_is_compared_with_the_best_model(live: np.ndarray, sentence: str) -> None:
    values = {"popularity": BASE - 1, "als": BASE, LIVE: live, BOUND: BASE + 2}
    assert live_page_verdict(values, np.random.default_rng(2)).startswith(sentence)
