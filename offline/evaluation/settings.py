"""Settings of the evaluation protocol and of the gates."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class ProtocolSettings:
    """How plays are divided by time, and how many queries are evaluated. All values are guesses."""

    test_days: float = 2.0
    """The plays of the last days are held out: models are evaluated on them and never trained on
    them. The published model is the evaluated one. A sparse data set needs more days.
    """
    max_test_share: float = 0.2
    """The nightly run holds out at most this share of all plays, so that a new service has data to
    train on.
    """
    max_queries: int = 4_000
    """If there are more queries, a uniform random sample of this size is evaluated."""
    seed: int = 20
    """Seed of that sample."""


@dataclass(frozen=True, slots=True)
class GateSettings:
    """How much evidence the gates require. All values are guesses, to be revised with experience;
    levels are the customary 95 %.
    """

    level: float = 0.95
    """Confidence level of the interval by which a challenger must be better. The error rate is
    divided by the number of challengers (Bonferroni).
    """
    refresh_level: float = 0.90
    """Level of the two-sided interval by which a refresh must not be worse: 95 % one-sided."""
    margin: float = 0.10
    """A refresh may lose at most this share of the live model's primary metric."""
    guard_margin: float = 0.20
    """A refresh may lose at most this share of each guard metric (coverage, evenness, list
    distance).
    """
    group_margin: float = 0.30
    """A refresh may lose at most this share of the primary metric in a group of profiles with
    short or long histories.
    """
    draws: int = 2_000
    """Number of bootstrap resamples."""
    seed: int = 17
    """Seed of the bootstrap."""
