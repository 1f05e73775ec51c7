"""How many rows of which length are computed for each profile."""

from dataclasses import dataclass

from shared.features.rows import AFFINITY_PRIOR


@dataclass(frozen=True, slots=True)
class CandidateSettings:
    """Sizes and thresholds; they are part of what a run is made from, so a change makes a new
    generation.
    """

    top_picks: int = 120
    """Titles in the row of top picks."""
    row_length: int = 40
    """Titles in any other row."""
    shortest_row: int = 5
    """A row with fewer titles is left out."""
    anchors: int = 5
    """Recently watched titles that a because-you-watched row is made for."""
    genre_rows: int = 6
    """Genres that a row is made for."""
    genre_prior: float = AFFINITY_PRIOR
    """α of the affinity (R26): this many viewings of average taste are mixed into a profile's own.
    """
    new_days: int = 30
    """A title counts as new for so many days after its launch."""
    again_days: int = 14
    """A title may be offered again so many days after it was last watched."""
