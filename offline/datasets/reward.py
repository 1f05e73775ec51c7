"""What a watching was worth (R8): a weighted sum of what the member did, its weights versioned
configuration.
"""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class RewardSettings:
    """The definition of a quality play. Change a weight and the version together: equal versions
    promise equal labels.
    """

    version: str = "v1"
    """Stands in every data set and report made with these weights."""
    start: float = 0.1
    """For having started at all."""
    fraction: float = 1.0
    """Times the fraction watched."""
    completed: float = 0.5
    """For reaching the credits."""
    thumb: float = 0.5
    """Times the last thumb given after it: −1, 1 or 2. Stars count as thumbs: 4 and more up, 2 and
    less down.
    """
    abandoned: float = 0.5
    """Taken off when so little was watched that the start was not meant
    (shared.rules.watching.is_started).
    """


def reward(
    settings: RewardSettings, *, fraction: float, started: bool, completed: bool, thumb: int
) -> float:
    """The worth of one watching; negative when it was worse than nothing."""
    return (
        settings.start
        + settings.fraction * fraction
        + settings.completed * completed
        + settings.thumb * thumb
        - settings.abandoned * (not started)
    )
