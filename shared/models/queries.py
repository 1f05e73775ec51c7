"""A digest as a model query, the same for nearline, online and offline."""

from shared.models.port import HistoryEntry, Query, QueryContext
from shared.records.digest import Digest


def history_of(digest: Digest) -> tuple[HistoryEntry, ...]:
    """The history in a digest, from the oldest to the latest entry.

    Onboarding picks that were never played come before all plays and count as watched whole,
    because a new member has no other history.
    """
    played = {play.title_id for play in digest.plays}
    before_ms = digest.plays[0].time_ms if digest.plays else digest.as_of_ms
    picks = tuple(
        HistoryEntry(title_id, before_ms) for title_id in digest.picks if title_id not in played
    )
    return picks + tuple(
        HistoryEntry(play.title_id, play.time_ms, play.fraction, play.device)
        for play in digest.plays
    )


def query_of(digest: Digest) -> Query:
    """The query that nearline encodes, where there is no request.

    Its time is that of the latest event; its device and UTC offset are those of the last play.
    """
    last = digest.plays[-1] if digest.plays else None
    context = QueryContext(
        digest.as_of_ms,
        last.utc_offset_min if last else 0,
        last.device if last else "unknown",
        digest.facts.country if digest.facts else None,
    )
    return Query(history_of(digest), context)
