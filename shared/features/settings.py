"""Constants of the features that are defaults of settings, importable without numpy."""

from typing import Final

# A guess, to be learned.
AFFINITY_PRIOR: Final = 4.0
"""This many viewings of average taste are mixed into a profile's own; see `facet_affinity`."""
