"""Searches: the latest queries, and the titles selected or played from them."""

from typing import Final

import msgspec

from nearline.handlers.base import (
    SINGLE_PART,
    DigestFields,
    keep_latest,
    single_part_handler,
    with_entry,
)
from nearline.handlers.effects import Effects
from shared.clock import MINUTE_MS
from shared.events.accept import AcceptedEvent
from shared.events.envelope import Order, order_of
from shared.events.plays import PlayStarted
from shared.events.searches import SearchPerformed, SearchSelected
from shared.ids import TitleId
from shared.records.digest import RecentSearch

# Guesses: more than the searches of the last weeks.
MAX_QUERIES: Final = 50
MAX_TITLES: Final = 200
# A guess: the longest time from a query to a play that is attributed to it.
ATTRIBUTION_MS: Final = 30 * MINUTE_MS
# Limit of the digest, which pages read; a guess. The part has more entries.
DIGEST_SEARCHES: Final = 20


class SearchesPart(msgspec.Struct, frozen=True, array_like=True):
    """The latest search for each query, selection of each title (with its query) and play of each
    title that started from a search.
    """

    queries: dict[str, Order] = {}
    selections: dict[TitleId, tuple[Order, str]] = {}
    plays: dict[TitleId, Order] = {}


def part_key(event: AcceptedEvent) -> str | None:
    """The single part; None for a play that did not start from a search."""
    if not isinstance(event.body, PlayStarted):
        return SINGLE_PART
    origin = event.envelope.origin
    return SINGLE_PART if origin is not None and origin.kind == "search" else None


def fold(part: SearchesPart | None, event: AcceptedEvent) -> tuple[SearchesPart, Effects]:
    """Add one query, selection or play."""
    part = part or SearchesPart()
    order = order_of(event.envelope)
    match event.body:
        case SearchPerformed(query=query):
            queries = _with_query(part.queries, query, order)
            return msgspec.structs.replace(part, queries=queries), ()
        case SearchSelected(query=query, title_id=title_id):
            queries = _with_query(part.queries, query, order)
            latest = max(part.selections.get(title_id, (order, "")), (order, _normalized(query)))
            selections = keep_latest(
                with_entry(part.selections, title_id, latest),
                MAX_TITLES,
                lambda selection: selection[0],
            )
            return msgspec.structs.replace(part, queries=queries, selections=selections), ()
        case PlayStarted(title_id=title_id):
            latest_play = max(part.plays.get(title_id, order), order)
            plays = keep_latest(
                with_entry(part.plays, title_id, latest_play), MAX_TITLES, lambda play: play
            )
            return msgspec.structs.replace(part, plays=plays), ()
        case _:
            raise TypeError(f"{event.envelope.type} is neither a search nor a play")


def summarize(part: SearchesPart) -> DigestFields:
    """The latest queries, newest first, each with its titles in the order of their selection."""
    titles = _titles_by_query(part)
    latest = sorted(part.queries.items(), key=lambda entry: (entry[1], entry[0]), reverse=True)
    searches = tuple(
        RecentSearch(query, order[0], _in_order(titles.get(query, {})))
        for query, order in latest[:DIGEST_SEARCHES]
    )
    return {"searches": searches}


def _titles_by_query(part: SearchesPart) -> dict[str, dict[TitleId, Order]]:
    """The titles selected from each query, and those played after it.

    A play is attributed to the latest query at most ATTRIBUTION_MS before it.
    """
    titles: dict[str, dict[TitleId, Order]] = {}
    for title_id, (order, query) in part.selections.items():
        titles.setdefault(query, {})[title_id] = order
    for title_id, play in part.plays.items():
        candidates = [
            (order, query)
            for query, order in part.queries.items()
            if order <= play and play[0] - order[0] <= ATTRIBUTION_MS
        ]
        if candidates:
            _, query = max(candidates)
            titles.setdefault(query, {}).setdefault(title_id, play)
    return titles


def _in_order(titles: dict[TitleId, Order]) -> tuple[TitleId, ...]:
    return tuple(sorted(titles, key=lambda title_id: (titles[title_id], title_id)))


def _with_query(queries: dict[str, Order], query: str, order: Order) -> dict[str, Order]:
    name = _normalized(query)
    latest = max(queries.get(name, order), order)
    return keep_latest(with_entry(queries, name, latest), MAX_QUERIES, lambda entry: entry)


def _normalized(query: str) -> str:
    """The query without differences of case and spacing."""
    return " ".join(query.split()).casefold()


HANDLER = single_part_handler(
    name="searches",
    version=1,
    events=(SearchPerformed, SearchSelected, PlayStarted),
    empty=SearchesPart(),
    part_key=part_key,
    fold=fold,
    summarize=summarize,
)
