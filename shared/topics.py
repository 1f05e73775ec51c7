"""The names of the log's topics."""

from typing import Final

SIGNALS: Final = "signals"
"""What members do and say: plays, searches, feedback, profile facts."""
EXPOSURES: Final = "exposures"
"""What members were shown: pages, impressions, browsing."""
CATALOG: Final = "catalog"
"""Titles as they are now; one compacted partition."""
DEAD_LETTERS: Final = "dead-letters"
"""Records that no retry can fold, with their origin."""
