"""Bootstrap intervals: how far a mean, or a difference of means, might be off, by drawing the
profiles anew.
"""

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

Values = npt.NDArray[np.float64]
Groups = npt.NDArray[np.integer]


@dataclass(frozen=True)
class ConfidenceInterval:
    """A mean with its bounds."""

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
    """Interval of the mean over groups of each group's mean, groups drawn with replacement.

    Queries of one profile are alike, so profiles are what is drawn, and each counts once however
    much it watches. NaN values are left out. NaN all over when nothing is left.
    """
    means = group_means(values, groups)
    if not len(means):
        return ConfidenceInterval(float("nan"), float("nan"), float("nan"))
    drawn = np.array([means[rng.integers(0, len(means), len(means))].mean() for _ in range(draws)])
    low, high = np.quantile(drawn, [(1 - level) / 2, (1 + level) / 2])
    return ConfidenceInterval(float(means.mean()), float(low), float(high))


def paired_bootstrap(
    values: Values,
    others: Values,
    groups: Groups,
    rng: np.random.Generator,
    *,
    level: float = 0.95,
    draws: int = 1_000,
) -> ConfidenceInterval:
    """Interval of the mean difference values − others, query by query: what both find hard cancels
    out.
    """
    return bootstrap(values - others, groups, rng, level=level, draws=draws)


def group_means(values: Values, groups: Groups) -> Values:
    """The mean of each group that has any value, in order of the groups' numbers."""
    present = ~np.isnan(values)
    if not present.any():
        return np.empty(0)
    numbers = groups[present]
    counts = np.bincount(numbers)
    sums = np.bincount(numbers, values[present])
    return np.asarray(sums[counts > 0] / counts[counts > 0], np.float64)
