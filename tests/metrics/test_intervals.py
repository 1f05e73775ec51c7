import numpy as np
import pytest

from shared.metrics.intervals import bootstrap, group_means, paired_bootstrap


def test_every_profile_has_the_same_weight() -> None:
    values = np.array([1.0, 1.0, 1.0, 0.0, np.nan])
    groups = np.array([0, 0, 0, 1, 2])
    assert group_means(values, groups).tolist() == [1.0, 0.0]
    assert bootstrap(values, groups, np.random.default_rng(0)).mean == 0.5


def test_the_interval_covers_the_mean_at_about_its_level() -> None:
    rng = np.random.default_rng(5)
    covered = 0
    for _ in range(200):
        interval = bootstrap(rng.normal(0.3, 1, 60), np.arange(60), rng, level=0.9, draws=200)
        covered += interval.low <= 0.3 <= interval.high
    assert 0.83 <= covered / 200 <= 0.96


def test_pairing_detects_a_difference_that_an_unpaired_interval_does_not() -> None:
    rng = np.random.default_rng(1)
    difficulty = rng.normal(0, 1, 100)
    better, worse = difficulty + 0.1 + rng.normal(0, 0.05, 100), difficulty
    paired = paired_bootstrap(better, worse, np.arange(100), rng)
    assert paired.low > 0
    unpaired = bootstrap(better, np.arange(100), rng)
    assert unpaired.low < worse.mean() < unpaired.high


def test_the_same_rng_gives_the_same_interval() -> None:
    values, groups = np.arange(20.0), np.arange(20)
    assert bootstrap(values, groups, np.random.default_rng(3)) == bootstrap(
        values, groups, np.random.default_rng(3)
    )


def test_only_nan_values_give_a_nan_interval() -> None:
    assert np.isnan(bootstrap(np.array([np.nan]), np.array([0]), np.random.default_rng(0)).mean)


def test_equal_values_give_an_interval_of_width_zero() -> None:
    interval = bootstrap(np.full(10, 0.25), np.arange(10), np.random.default_rng(0))
    assert [interval.low, interval.high] == pytest.approx([0.25, 0.25])
