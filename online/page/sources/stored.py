"""Precomputed rows of kinds that the page does not make afresh: hidden gems, new to you, and
whatever the nightly adds next.
"""

from collections.abc import Iterator
from typing import Final

import numpy as np

from online.page.model import RequestContext, Row
from shared.records.candidates import CandidateRow

# Rows that a source of this moment makes better, from fresher signals.
MADE_FRESH: Final = frozenset(
    {
        "continue_watching",
        "top_picks",
        "because_you_watched",
        "genre",
        "mood",
        "popular",
        "watch_again",
        "my_list",
    }
)


def stored(moment: RequestContext) -> Iterator[Row]:
    """The rows in their stored order."""
    candidates = moment.known.candidates
    for row in candidates.rows if candidates is not None else ():
        if row.kind not in MADE_FRESH:
            ready = as_row(row, moment.snapshot.view.base_size)
            yield ready.only(moment.discover[ready.numbers])


def as_row(row: CandidateRow, titles: int) -> Row:
    """A stored row as a candidate row; its scores are another model's and not comparable, so they
    are left behind.
    """
    numbers = np.frombuffer(row.numbers, "<i4").astype(np.int32)
    return Row(
        kind=row.kind,
        source=row.source,
        version=row.version,
        numbers=numbers[(numbers >= 0) & (numbers < titles)],
        subject=row.subject,
    )
