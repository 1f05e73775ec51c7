"""Named filters: safety filters, which fail closed, and taste filters, which fail open.

Each filter is a function from the context to the mask of the titles that it excludes,
bool[titles]. Safety filters need only the catalog in memory and the request. Taste filters use the
digest, otherwise the copy in the precomputed rows.
"""

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import replace
from itertools import chain
from typing import Final, Literal

import numpy as np

from online.page.context import Caller, RequestContext, ViewedTitle
from online.page.model import PageRow, ProfileSignals, Row, Safety
from online.page.steps import StepRunner
from online.published.catalog_view import CatalogView
from shared.catalog.catalog import released_parts
from shared.catalog.titles import KIDS_AGE
from shared.ids import TitleId
from shared.rules.watching import is_resumable, is_title_finished, is_title_started, opinion
from shared.vocabulary import UNKNOWN, Mask, Numbers

FilterName = Literal[
    "withdrawn",
    "maturity",
    "not_launched",
    "not_licensed",
    "disliked",
    "finished",
    "started",
    "on_my_list",
]
ExcludedTitles = Callable[[RequestContext], Mask]


def effective_ceiling(claim: int | None, facts: Iterable[int | None]) -> int:
    """The lowest of the caller's claim and the profile's ceilings; KIDS_AGE without any."""
    ceilings = [ceiling for ceiling in (claim, *facts) if ceiling is not None]
    return min(ceilings) if ceilings else KIDS_AGE


def safety_of(
    caller: Caller, signals: ProfileSignals, remembered_ceiling: int | None = None
) -> Safety:
    """The ceiling and country of a page.

    The claimed country comes before the profile's own: licenses follow a traveling member. The
    ceiling of the last page applies while the digest cannot be read.
    """
    facts = signals.digest.facts if signals.digest is not None else None
    copy = signals.candidates
    ceilings = [facts.maturity_ceiling if facts else None]
    if facts is None:
        ceilings += [
            copy.maturity_ceiling if copy else None,
            remembered_ceiling if "digest" in signals.missing else None,
        ]
    return Safety(effective_ceiling(caller.ceiling, ceilings), country_of(caller, signals))


def country_of(caller: Caller, signals: ProfileSignals) -> str | None:
    """The claimed country, otherwise the profile's own, otherwise None."""
    facts = signals.digest.facts if signals.digest is not None else None
    copy = signals.candidates
    return caller.country or (facts.country if facts else None) or (copy.country if copy else None)


def viewed_titles(
    signals: ProfileSignals, view: CatalogView, now_ms: int
) -> tuple[ViewedTitle, ...]:
    """The watched titles that are in the catalog, in the order of the digest (the latest first)."""
    viewed: list[ViewedTitle] = []
    for watched in signals.digest.watched if signals.digest is not None else ():
        number = view.number_of(watched.title_id)
        title = view.title(number) if number != UNKNOWN else None
        if title is not None:
            parts = released_parts(title, now_ms)
            finished = is_title_finished(parts, watched.finished_parts)
            started = is_title_started(
                watched.total_seen_s, watched.runtime_s, watched.finished_parts
            )
            resumable = is_resumable(watched.last_ms, now_ms, started=started, finished=finished)
            viewed.append(ViewedTitle(number, title, watched, finished, resumable))
    return tuple(viewed)


def stated_opinions(signals: ProfileSignals) -> dict[TitleId, int]:
    """The profile's stated opinions, 2, 1 or −1; a thumb comes before stars."""
    digest = signals.digest
    if digest is None:
        return {}
    thumbs, ratings = digest.thumbs, digest.ratings
    rated = {*thumbs, *ratings}
    opinions = {title: opinion(thumbs.get(title, 0), ratings.get(title)) for title in rated}
    return {title: stated for title, stated in opinions.items() if stated}


def _withdrawn(context: RequestContext) -> Mask:
    return context.view.withdrawn()


def _too_mature(context: RequestContext) -> Mask:
    return ~context.view.suited(context.safety.ceiling) & ~context.view.withdrawn()


def _not_launched(context: RequestContext) -> Mask:
    return ~context.view.launched(context.now_ms)


def _not_licensed(context: RequestContext) -> Mask:
    return ~context.view.licensed(context.safety.country, context.now_ms)


def _disliked(context: RequestContext) -> Mask:
    digest, candidates = context.signals.digest, context.signals.candidates
    if digest is None:
        return _mask_of_ids(context, candidates.disliked if candidates is not None else ())
    return _mask_of_ids(context, [t for t, stated in context.opinions.items() if stated < 0])


def _finished(context: RequestContext) -> Mask:
    candidates = context.signals.candidates
    if context.signals.digest is None:
        return _mask_of_ids(context, candidates.finished if candidates is not None else ())
    return _mask_of(context, [viewed.number for viewed in context.viewed if viewed.finished])


def _started(context: RequestContext) -> Mask:
    """Started titles that can be resumed; a dormant one may be discovered again."""
    return _mask_of(context, [viewed.number for viewed in context.viewed if viewed.resumable])


def _on_my_list(context: RequestContext) -> Mask:
    digest = context.signals.digest
    return _mask_of_ids(context, digest.my_list if digest is not None else ())


SAFETY_FILTERS: Final[Mapping[FilterName, ExcludedTitles]] = {
    "withdrawn": _withdrawn,
    "maturity": _too_mature,
    "not_launched": _not_launched,
    "not_licensed": _not_licensed,
}
"""Fail closed: if one fails, only the static page can be served."""
TASTE_FILTERS: Final[Mapping[FilterName, ExcludedTitles]] = {"disliked": _disliked}
"""Fail open, reported as `filter:NAME`; they apply to every row."""
DISCOVERY_FILTERS: Final[Mapping[FilterName, ExcludedTitles]] = {
    "finished": _finished,
    "started": _started,
    "on_my_list": _on_my_list,
}
"""Fail open, reported as `filter:NAME`; they apply to rows of discovery, because other rows
show these titles.
"""
ALL_FILTERS: Final = {**SAFETY_FILTERS, **TASTE_FILTERS, **DISCOVERY_FILTERS}


def with_masks(context: RequestContext, steps: StepRunner) -> RequestContext:
    """The context with the masks of all filters."""
    view, safety = context.view, context.safety
    context = replace(
        context,
        viewed=viewed_titles(context.signals, view, context.now_ms),
        opinions=stated_opinions(context.signals),
    )
    safe = view.allowed(safety.ceiling, safety.country, context.now_ms)
    showable = _without(safe, TASTE_FILTERS, context, steps)
    discoverable = _without(showable, DISCOVERY_FILTERS, context, steps)
    return replace(context, safe=safe, showable=showable, discoverable=discoverable)


def apply_filters(context: RequestContext, rows: Sequence[Row]) -> list[Row]:
    """Remove excluded candidates and empty rows."""
    filtered = [
        row.only((context.discoverable if row.kind.discovery else context.showable)[row.numbers])
        for row in rows
    ]
    return [row for row in filtered if len(row.numbers)]


def excluding_filters(context: RequestContext, number: int) -> tuple[FilterName, ...]:
    """The names of the filters that exclude a title from rows of discovery, in their order."""
    return tuple(name for name, excluded in ALL_FILTERS.items() if excluded(context)[number])


def check_showable(rows: Iterable[PageRow], context: RequestContext) -> None:
    """Check that all titles of the rows may be shown: filters ran before ranker and layout.

    Raises:
        ValueError: a title may not be shown; the message names the filters.
    """
    numbers = np.fromiter(chain.from_iterable([row.numbers for row in rows]), np.int64)
    forbidden = numbers[~context.showable[numbers]]
    if len(forbidden):
        number = int(forbidden[0])
        filters = ", ".join(excluding_filters(context, number))
        raise ValueError(f"{context.view.title_ids[number]} was placed, excluded by {filters}")


def _without(
    allowed: Mask,
    filters: Mapping[FilterName, ExcludedTitles],
    context: RequestContext,
    steps: StepRunner,
) -> Mask:
    mask = allowed.copy()
    for name, excluded in filters.items():
        excluded_titles = steps.optional_part(f"filter:{name}", excluded, context)
        if excluded_titles is not None:
            mask &= ~excluded_titles
    return mask


def _mask_of_ids(context: RequestContext, title_ids: Iterable[TitleId]) -> Mask:
    return _mask_of(context, context.view.numbers_of(title_ids))


def _mask_of(context: RequestContext, numbers: Numbers | Sequence[int]) -> Mask:
    mask = np.zeros(len(context.view), np.bool_)
    mask[numbers if len(numbers) else []] = True
    return mask
