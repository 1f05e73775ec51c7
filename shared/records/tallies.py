"""Tallies: counts of a fixed time bucket with the log position they include, and their totals over
partitions.
"""

import msgspec

from shared.ids import TitleId
from shared.records.digest import LogPosition
from shared.rules.watching import WATCHING_RULES_VERSION

BUCKET_MS = 300_000
GLOBAL_SCOPE = "*"
TRENDING = f"trending:{WATCHING_RULES_VERSION}"


class TallyBucket(msgspec.Struct, frozen=True, kw_only=True):
    """Absolute counts of one bucket of one partition: scope (a country, or `*`) → title → count."""

    position: LogPosition
    start_ms: int
    counts: dict[str, dict[TitleId, float]]


class TallyTotals(msgspec.Struct, frozen=True, kw_only=True):
    """Sums over all partitions for one scope: decayed counts with a short and a long half-life, as
    of the watermark.

    `watermark_ms` is the greatest event time counted; `partitions` maps each partition to the next
    offset included.
    """

    watermark_ms: int
    short: dict[TitleId, float]
    long: dict[TitleId, float]
    partitions: dict[int, int]
    short_half_life_ms: int = 3_600_000
    long_half_life_ms: int = 86_400_000
