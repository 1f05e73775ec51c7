"""Settings of the candidate rows: their number and length."""

from dataclasses import dataclass

from shared.features.settings import AFFINITY_PRIOR


@dataclass(frozen=True, slots=True)
class CandidateSettings:
    """Number and length of rows. They are part of a run's id: a change makes a new generation.

    All values are guesses, to be revised with the pages that are served.
    """

    top_picks: int = 120
    """Number of titles in the row of top picks."""
    row_length: int = 40
    """Number of titles in any other row."""
    anchors: int = 5
    """Number of because-you-watched rows, each with a recently watched title as its anchor."""
    genre_rows: int = 6
    """Number of genre rows."""
    genre_prior: float = AFFINITY_PRIOR
    """α of the genre affinity: this many viewings of average taste are added to a profile's own.
    """
