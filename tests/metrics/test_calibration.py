from math import log, sqrt

import pytest

from shared.metrics.calibration import expected_calibration_error, log_loss, rmse


def test_log_loss_is_the_mean_negative_log_probability() -> None:
    assert log_loss([0.8, 0.4], [True, False]) == pytest.approx(-(log(0.8) + log(0.6)) / 2)


def test_log_loss_of_a_wrong_certainty_is_finite() -> None:
    assert log_loss([1.0], [False]) == pytest.approx(-log(1e-15), rel=1e-3)


def test_rmse_of_a_hand_made_pair() -> None:
    assert rmse([3, 5], [4, 2]) == pytest.approx(sqrt((1 + 9) / 2))


def test_calibration_error_weighs_bins_by_size() -> None:
    # Bin [.2, .3): predicted 3 × .2, observed 1. Bin [.9, 1]: predicted .9 + 1, observed 2.
    assert expected_calibration_error([0.2, 0.2, 0.2, 0.9, 1.0], [1, 0, 0, 1, 1]) == pytest.approx(
        (0.4 + 0.1) / 5
    )


def test_calibrated_probabilities_have_no_calibration_error() -> None:
    assert expected_calibration_error([0.25] * 4, [1, 0, 0, 0]) == pytest.approx(0)
