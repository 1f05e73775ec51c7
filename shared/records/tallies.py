"""Tallies: counts per time bucket with the log position they include, and decayed totals."""

from typing import Final

import msgspec

from shared.ids import TitleId
from shared.records.digest import LogPosition
from shared.rules.watching import WATCHING_RULES_VERSION

GLOBAL_SCOPE: Final = "*"
"""The scope of counts over all countries."""
TRENDING: Final = f"trending:{WATCHING_RULES_VERSION}"
"""The counter of started plays. A count by other watching rules has another name."""


class TallyBucket(msgspec.Struct, frozen=True, kw_only=True):
    """Absolute counts of one bucket of one partition: scope (a country, or `*`) → title → count."""

    position: LogPosition
    start_ms: int
    counts: dict[str, dict[TitleId, float]]


class TallyTotals(msgspec.Struct, frozen=True, kw_only=True):
    """Counts of one scope, summed over all partitions, with a short and a long half-life.

    Counts are decayed to `watermark_ms`, the end of the newest bucket. `partitions` maps each
    partition to the next offset that its counts include.
    """

    watermark_ms: int
    short: dict[TitleId, float]
    long: dict[TitleId, float]
    partitions: dict[int, int]
    short_half_life_ms: int
    long_half_life_ms: int
