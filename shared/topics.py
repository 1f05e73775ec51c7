"""The names of the log's topics."""

from typing import Final

SIGNALS: Final = "signals"
"""Plays, searches, feedback and profile facts, keyed by profile."""
EXPOSURES: Final = "exposures"
"""Served pages, impressions and browsing, keyed by profile."""
CATALOG: Final = "catalog"
"""The current version of every title, keyed by title; one compacted partition."""
DEAD_LETTERS: Final = "dead-letters"
"""Rejected records, with their origin and the reason."""
