"""What a model is asked about a profile: the digest as a query, by one function for serving and
nearline.
"""

from shared.models.port import HistoryEntry, Query, QueryContext
from shared.records.digest import Digest


def history_of(digest: Digest) -> tuple[HistoryEntry, ...]:
    """The history that the digest stands for, from the oldest to the latest entry.

    Onboarding picks that were never played stand before all plays, as if watched whole: they are
    all there is to go by for a new member.
    """
    played = {play.title_id for play in digest.plays}
    before_ms = digest.plays[0].time_ms if digest.plays else digest.as_of_ms
    picked = tuple(
        HistoryEntry(title_id, before_ms) for title_id in digest.picks if title_id not in played
    )
    return picked + tuple(
        HistoryEntry(play.title_id, play.time_ms, play.fraction, play.device)
        for play in digest.plays
    )


def query_of(digest: Digest) -> Query:
    """The query that nearline encodes: no request is at hand, so it stands at the latest event,
    with the last play's device and offset.
    """
    last = digest.plays[-1] if digest.plays else None
    country = digest.facts.country if digest.facts else None
    context = QueryContext(
        digest.as_of_ms,
        last.utc_offset_min if last else 0,
        last.device if last else "unknown",
        country,
    )
    return Query(history_of(digest), context)
