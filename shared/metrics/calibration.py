"""Metrics of predicted values: are probabilities honest, are ratings near."""

import numpy as np
import numpy.typing as npt

_EPSILON = 1e-15


def log_loss(probability: npt.ArrayLike, happened: npt.ArrayLike) -> float:
    """Mean of −log of the probability given to what happened (natural logarithm); certainty that is
    wrong costs 34.5, not infinity.
    """
    p = np.clip(np.asarray(probability, np.float64), _EPSILON, 1 - _EPSILON)
    return float(-np.log(np.where(np.asarray(happened, bool), p, 1 - p)).mean())


def rmse(predicted: npt.ArrayLike, actual: npt.ArrayLike) -> float:
    """Root of the mean squared error."""
    return float(
        np.sqrt(np.mean((np.asarray(predicted, np.float64) - np.asarray(actual, np.float64)) ** 2))
    )


def expected_calibration_error(
    probability: npt.ArrayLike, happened: npt.ArrayLike, bins: int = 10
) -> float:
    """Mean gap between promised and observed frequency over bins of equal width, each weighted by
    how many fall in it.

    A bin holds its lower edge; the last one holds 1 too.
    """
    p, y = np.asarray(probability, np.float64), np.asarray(happened, np.float64)
    place = np.minimum((p * bins).astype(int), bins - 1)
    gaps = np.abs(np.bincount(place, p, bins) - np.bincount(place, y, bins))
    return float(gaps.sum() / len(p))
