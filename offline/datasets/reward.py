"""The reward of a viewing session: a weighted sum of the member's actions."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class RewardSettings:
    """Weights of the reward. All are guesses, to be learned from later visits.

    Change `version` together with a weight: equal versions mean equal labels.
    """

    version: str = "v1"
    """Version of the weights; part of every data set and report that uses them."""
    start: float = 0.1
    """Weight of having started."""
    fraction: float = 1.0
    """Weight of the fraction watched, 0..1."""
    finished: float = 0.5
    """Weight of having reached the credits."""
    thumb: float = 0.5
    """Weight of the last thumb given in or after the session: −1, 1 or 2. Stars count as thumbs
    (shared.rules.watching.thumb_of_stars).
    """
    abandoned: float = 0.5
    """Subtracted if the play was abandoned (shared.rules.watching.is_abandoned)."""


def reward(
    settings: RewardSettings, *, fraction: float, finished: bool, abandoned: bool, thumb: int
) -> float:
    """Return the reward of one viewing session. It is negative for a bad viewing."""
    return (
        settings.start
        + settings.fraction * fraction
        + settings.finished * finished
        + settings.thumb * thumb
        - settings.abandoned * abandoned
    )
