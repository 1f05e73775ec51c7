"""Metrics of predicted probabilities and ratings."""

from typing import Final

import numpy as np
import numpy.typing as npt

_EPSILON: Final = 1e-15


def log_loss(probability: npt.ArrayLike, happened: npt.ArrayLike) -> float:
    """Mean of −ln(probability of the outcome); a wrong 0 or 1 counts 34.5, not infinity."""
    p = np.clip(np.asarray(probability, np.float64), _EPSILON, 1 - _EPSILON)
    return float(-np.log(np.where(np.asarray(happened, bool), p, 1 - p)).mean())


def rmse(predicted: npt.ArrayLike, actual: npt.ArrayLike) -> float:
    """Root mean squared error."""
    return float(
        np.sqrt(np.mean((np.asarray(predicted, np.float64) - np.asarray(actual, np.float64)) ** 2))
    )


def expected_calibration_error(
    probability: npt.ArrayLike, happened: npt.ArrayLike, bins: int = 10
) -> float:
    """Mean difference between predicted and observed frequency, over bins of equal width.

    Bins are weighted by their number of predictions. A bin includes its lower edge; the last bin
    includes 1.
    """
    p, y = np.asarray(probability, np.float64), np.asarray(happened, np.float64)
    bin_number = np.minimum((p * bins).astype(int), bins - 1)
    gaps = np.abs(np.bincount(bin_number, p, bins) - np.bincount(bin_number, y, bins))
    return float(gaps.sum() / len(p))
