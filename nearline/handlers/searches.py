"""Searches: the recent queries and what they led to, by a selection or by a play with origin
`search`.
"""

from typing import Final

import msgspec

from nearline.handlers.base import Handler, keep_latest, put
from shared.events.accept import AcceptedEvent
from shared.events.envelope import Order, order_of
from shared.events.plays import PlayStarted
from shared.events.searches import SearchPerformed, SearchSelected
from shared.ids import TitleId
from shared.records.digest import RecentSearch

PART = "searches"
MAX_QUERIES: Final = 50
MAX_TITLES: Final = 200
# A play found by search belongs to the latest query asked at most so long before it.
LED_TO_MS: Final = 30 * 60_000


class SearchesPart(msgspec.Struct, frozen=True, array_like=True):
    """When each query was last asked, when each title was last selected from which query, and last
    begun out of a search.
    """

    queries: dict[str, Order] = {}
    selections: dict[TitleId, tuple[Order, str]] = {}
    plays: dict[TitleId, Order] = {}


def part_of(event: AcceptedEvent) -> str | None:
    """One part for all; a play belongs to it when a search led to it."""
    if not isinstance(event.body, PlayStarted):
        return PART
    origin = event.envelope.origin
    return PART if origin is not None and origin.kind == "search" else None


def fold(part: SearchesPart | None, event: AcceptedEvent) -> SearchesPart:
    """The part with one more query, selection or play."""
    part = part or SearchesPart()
    order = order_of(event.envelope)
    match event.body:
        case SearchPerformed(query=query):
            return msgspec.structs.replace(part, queries=_asked(part.queries, query, order))
        case SearchSelected(query=query, title_id=title_id):
            chosen = max(part.selections.get(title_id, (order, "")), (order, _same(query)))
            selections = keep_latest(
                put(part.selections, title_id, chosen), MAX_TITLES, lambda selection: selection[0]
            )
            return msgspec.structs.replace(
                part, queries=_asked(part.queries, query, order), selections=selections
            )
        case PlayStarted(title_id=title_id):
            plays = put(part.plays, title_id, max(part.plays.get(title_id, order), order))
            return msgspec.structs.replace(
                part, plays=keep_latest(plays, MAX_TITLES, lambda begun: begun)
            )
        case _:
            raise TypeError(f"{event.envelope.type} is no search")


def recent_searches(part: SearchesPart, limit: int) -> tuple[RecentSearch, ...]:
    """The latest queries, newest first, each with the titles it led to in the order they were
    chosen.
    """
    led_to: dict[str, dict[TitleId, Order]] = {}
    for title_id, (order, query) in part.selections.items():
        led_to.setdefault(query, {})[title_id] = order
    for title_id, begun in part.plays.items():
        asked = [
            (order, query)
            for query, order in part.queries.items()
            if order <= begun and begun[0] - order[0] <= LED_TO_MS
        ]
        if asked:
            led_to.setdefault(max(asked)[1], {}).setdefault(title_id, begun)
    latest = sorted(part.queries.items(), key=lambda entry: (entry[1], entry[0]), reverse=True)[
        :limit
    ]
    return tuple(
        RecentSearch(query, order[0], _in_order(led_to.get(query, {}))) for query, order in latest
    )


def _in_order(chosen: dict[TitleId, Order]) -> tuple[TitleId, ...]:
    return tuple(sorted(chosen, key=lambda title_id: (chosen[title_id], title_id)))


def _asked(queries: dict[str, Order], query: str, order: Order) -> dict[str, Order]:
    same = _same(query)
    return keep_latest(
        put(queries, same, max(queries.get(same, order), order)), MAX_QUERIES, lambda asked: asked
    )


def _same(query: str) -> str:
    """Queries that differ in case and spaces only are one."""
    return " ".join(query.split()).casefold()


HANDLER = Handler(PART, SearchesPart, part_of, fold)
