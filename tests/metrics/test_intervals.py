import numpy as np
import pytest

from shared.metrics.intervals import bootstrap, group_means, paired_bootstrap


def test_each_profile_counts_once_however_much_it_watches() -> None:
    values = np.array([1.0, 1.0, 1.0, 0.0, np.nan])
    groups = np.array([0, 0, 0, 1, 2])
    assert group_means(values, groups).tolist() == [1.0, 0.0]
    assert bootstrap(values, groups, np.random.default_rng(0)).mean == 0.5


def test_the_interval_of_a_mean_covers_it_about_as_often_as_promised() -> None:
    rng = np.random.default_rng(5)
    covered = 0
    for _ in range(200):
        interval = bootstrap(rng.normal(0.3, 1, 60), np.arange(60), rng, level=0.9, draws=200)
        covered += interval.low <= 0.3 <= interval.high
    assert 0.83 <= covered / 200 <= 0.96


def test_pairing_sees_a_difference_that_unpaired_noise_would_hide() -> None:
    rng = np.random.default_rng(1)
    hardness = rng.normal(0, 1, 100)
    better, worse = hardness + 0.1 + rng.normal(0, 0.05, 100), hardness
    paired = paired_bootstrap(better, worse, np.arange(100), rng)
    assert paired.low > 0
    alone = bootstrap(better, np.arange(100), rng)
    assert alone.low < worse.mean() < alone.high


def test_the_same_rng_gives_the_same_interval() -> None:
    values, groups = np.arange(20.0), np.arange(20)
    assert bootstrap(values, groups, np.random.default_rng(3)) == bootstrap(
        values, groups, np.random.default_rng(3)
    )


def test_nothing_measured_gives_no_interval() -> None:
    assert np.isnan(bootstrap(np.array([np.nan]), np.array([0]), np.random.default_rng(0)).mean)


def test_equal_values_have_an_interval_without_width() -> None:
    interval = bootstrap(np.full(10, 0.25), np.arange(10), np.random.default_rng(0))
    assert [interval.low, interval.high] == pytest.approx([0.25, 0.25])
