"""Bootstrap confidence intervals of means and of differences of means."""

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

Values = npt.NDArray[np.float64]
Groups = npt.NDArray[np.integer]


@dataclass(frozen=True)
class ConfidenceInterval:
    """A mean with the bounds of its interval."""

    mean: float
    low: float
    high: float

    def __str__(self) -> str:
        return f"{self.mean:.4f} [{self.low:.4f}, {self.high:.4f}]"


def bootstrap(
    values: Values,
    groups: Groups,
    rng: np.random.Generator,
    *,
    level: float = 0.95,
    draws: int = 1_000,
) -> ConfidenceInterval:
    """Interval of the mean of the group means; groups are drawn with replacement.

    Queries of one profile are not independent, so profiles are the groups. Each group has the same
    weight, with any number of values. NaN values are left out; without other values all three
    numbers are NaN.
    """
    means = group_means(values, groups)
    if not len(means):
        return ConfidenceInterval(float("nan"), float("nan"), float("nan"))
    drawn = np.array([means[rng.integers(0, len(means), len(means))].mean() for _ in range(draws)])
    low, high = np.quantile(drawn, [(1 - level) / 2, (1 + level) / 2])
    return ConfidenceInterval(float(means.mean()), float(low), float(high))


def paired_bootstrap(
    values: Values,
    baseline: Values,
    groups: Groups,
    rng: np.random.Generator,
    *,
    level: float = 0.95,
    draws: int = 1_000,
) -> ConfidenceInterval:
    """Interval of the mean difference of two models, paired by query.

    Pairing removes the variance of query difficulty.
    """
    return bootstrap(values - baseline, groups, rng, level=level, draws=draws)


def group_means(values: Values, groups: Groups) -> Values:
    """The mean of each group that has a value, in order of group numbers."""
    present = ~np.isnan(values)
    if not present.any():
        return np.empty(0)
    numbers = groups[present]
    counts = np.bincount(numbers)
    sums = np.bincount(numbers, values[present])
    return np.asarray(sums[counts > 0] / counts[counts > 0], np.float64)
