"""From a profile's parts to the digest that a page reads: pure, and cheap enough to run for every
profile of a batch.
"""

from collections.abc import Iterable, Mapping
from heapq import nlargest
from typing import Final, TypeVar

import msgspec

from nearline.handlers import exposures, facts, feedback, picks, searches
from nearline.handlers.base import Latest
from nearline.handlers.plays import recent_play
from shared.ids import TitleId
from shared.records.digest import Digest, ExposureDigest, LogPosition, WatchedTitle

# Limits of the digest, so that a page's read stays small; the parts behind it hold more.
WATCHED_KEPT: Final = 400
PLAYS_KEPT: Final = 200
FEEDBACK_KEPT: Final = 1_000
LIST_KEPT: Final = 300
SEARCHES_KEPT: Final = 20

PART: Final = "fold"

S = TypeVar("S", bound=msgspec.Struct)
V = TypeVar("V", int, float, bool)

Parts = Mapping[str, msgspec.Struct]


class FoldPart(msgspec.Struct, frozen=True, array_like=True):
    """How much of its partition a profile's rows include; written with them, in one batch, so that
    the two cannot part.

    `as_of_ms` is the greatest event time, `received_ms` the greatest append time, `events` how many
    events were folded.
    """

    position: LogPosition
    as_of_ms: int = 0
    received_ms: int = 0
    events: int = 0


def digest_of(fold: FoldPart, parts: Parts, watched: Iterable[WatchedTitle]) -> Digest:
    """The digest of a profile's signals; `watched` are its title parts, already summed up one by
    one.
    """
    latest = nlargest(WATCHED_KEPT, watched, key=lambda title: (title.last_ms, title.title_id))
    said = _part(parts, feedback.PART, feedback.FeedbackPart) or feedback.FeedbackPart()
    asked = _part(parts, picks.PART, picks.OnboardingPart)
    known = _part(parts, facts.PART, facts.FactsPart)
    searched = _part(parts, searches.PART, searches.SearchesPart)
    return Digest(
        position=fold.position,
        as_of_ms=fold.as_of_ms,
        received_ms=fold.received_ms,
        facts=known.latest.value if known else None,
        watched=tuple(latest),
        plays=tuple(recent_play(title) for title in reversed(latest[:PLAYS_KEPT])),
        thumbs={
            title_id: value for title_id, value in _newest(said.thumbs, FEEDBACK_KEPT) if value != 0
        },
        ratings=dict(_newest(said.ratings, FEEDBACK_KEPT)),
        my_list=tuple(
            title_id for title_id, on_list in _newest(said.on_list, feedback.MAX_TITLES) if on_list
        )[:LIST_KEPT],
        searches=searches.recent_searches(searched, SEARCHES_KEPT) if searched else (),
        picks=asked.picks.value if asked and asked.picks else (),
        events=fold.events,
    )


def exposure_digest_of(fold: FoldPart, parts: Parts) -> ExposureDigest:
    """The digest of a profile's exposures."""
    part = _part(parts, exposures.PART, exposures.SeenPart)
    titles = part.titles if part else {}
    return ExposureDigest(
        position=fold.position,
        as_of_ms=fold.as_of_ms,
        seen={title_id: each.seen for title_id, each in titles.items() if each.seen},
        last_seen_ms={
            title_id: each.last_seen_ms for title_id, each in titles.items() if each.seen
        },
        looks={title_id: each.looks for title_id, each in titles.items() if each.looks},
        billboard_seen={
            title_id: each.billboard for title_id, each in titles.items() if each.billboard
        },
    )


def _part(parts: Parts, name: str, kind: type[S]) -> S | None:
    part = parts.get(name)
    return part if isinstance(part, kind) else None


def _newest(said: Mapping[TitleId, Latest[V]], limit: int) -> list[tuple[TitleId, V]]:
    newest = nlargest(limit, said.items(), key=lambda entry: (entry[1].order, entry[0]))
    return [(title_id, latest.value) for title_id, latest in newest]
