"""Features that a source attaches to its candidates; arrays are parallel to the row's numbers.

Features are observations, never values: only the ranker turns them into the value of a tile.
"""

from dataclasses import dataclass
from typing import Self

import numpy as np
import numpy.typing as npt

from shared.vocabulary import Floats, Mask

Times = npt.NDArray[np.int64]


@dataclass(frozen=True, slots=True)
class Similarity:
    """The rank of each candidate by distance to the row's title: 0 (nearest) to 1 (farthest)."""

    rank: Floats

    def only(self, mask: Mask) -> Self:
        """The features of the masked candidates."""
        return type(self)(self.rank[mask])


@dataclass(frozen=True, slots=True)
class Trend:
    """Standard deviations of each candidate's plays above their expectation."""

    z: Floats

    def only(self, mask: Mask) -> Self:
        """The features of the masked candidates."""
        return type(self)(self.z[mask])


@dataclass(frozen=True, slots=True)
class Launch:
    """Time since the launch of each candidate, and whether that was after the nightly run."""

    age_ms: Times
    since_nightly: Mask

    def only(self, mask: Mask) -> Self:
        """The features of the masked candidates."""
        return type(self)(self.age_ms[mask], self.since_nightly[mask])


@dataclass(frozen=True, slots=True)
class Resumption:
    """The profile's progress in each candidate.

    `idle_days` is the time since its last event, `episode` whether an episode would be played, and
    `same_device` whether it was last watched on the device of the request.
    """

    idle_days: Floats
    episode: Mask
    same_device: Mask

    def only(self, mask: Mask) -> Self:
        """The features of the masked candidates."""
        return type(self)(self.idle_days[mask], self.episode[mask], self.same_device[mask])


@dataclass(frozen=True, slots=True)
class ListMembership:
    """Every candidate is on My List, the newest addition first."""

    def only(self, mask: Mask) -> Self:
        """The features of the masked candidates."""
        del mask
        return self


@dataclass(frozen=True, slots=True)
class Repeat:
    """Every candidate was finished some time ago: days since its last event."""

    idle_days: Floats

    def only(self, mask: Mask) -> Self:
        """The features of the masked candidates."""
        return type(self)(self.idle_days[mask])


@dataclass(frozen=True, slots=True)
class SourceOrder:
    """No features except the order of the candidates."""

    def only(self, mask: Mask) -> Self:
        """The features of the masked candidates."""
        del mask
        return self


RowFeatures = Similarity | Trend | Launch | Resumption | ListMembership | Repeat | SourceOrder
