"""Rows by genre, mood and their combinations: the facets that the member watches most."""

from collections.abc import Iterator
from typing import Final

import numpy as np

from online.page.context import RequestContext
from online.page.model import Row
from online.page.ranking.relevance import MAX_RANKED_TITLES
from online.page.ranking.selection import ROW_TILES, select_best
from online.page.row_kind import Fact, Facts, RowKind, Template
from online.page.sources.top_picks import personal_facts
from online.published.facets import Facet
from shared.features.rows import facet_affinity
from shared.models.history import strength
from shared.records.digest import Digest
from shared.vocabulary import UNKNOWN, Floats

# Rows of facets that compete for a page; a guess, as are the next two values.
MAX_FACET_ROWS: Final = 36
# The latest plays that decide on facets.
MAX_HISTORY: Final = 100
# A row with this many tiles among the best titles of the catalog is not searched further.
ENOUGH_TILES: Final = 40
# An onboarding pick counts like a title that was watched whole.
PICK_FRACTION: Final = 1.0


def facets(context: RequestContext) -> Iterator[Row]:
    """Offer one row for each facet of highest affinity, in the order of affinity."""
    view, relevance = context.view, context.relevance
    ordered, personal = relevance.ordered, personal_facts(context)
    codes = np.argsort(-_affinity(context), kind="stable")[:MAX_FACET_ROWS]
    memberships = np.take(view.membership[codes], ordered, axis=1)
    for code, is_member in zip(codes.tolist(), memberships, strict=True):
        numbers = ordered[is_member.nonzero()[0][:ROW_TILES]]
        if len(numbers) < ENOUGH_TILES and len(ordered) == MAX_RANKED_TITLES:
            # The titles of this facet are not among the best of the catalog.
            members = np.flatnonzero(view.membership[code] & context.discoverable)
            numbers = select_best(members.astype(np.int32), relevance.scores[members])
        facet = view.facets[code]
        yield Row(
            kind=_KINDS[facet.kind],
            source="affinity",
            version="smoothed-1",
            numbers=numbers,
            facts={**personal, **_facts(facet)},
        )


def _affinity(context: RequestContext) -> Floats:
    """float32[facets]: the affinity of the profile to each facet."""
    view, digest = context.view, context.signals.digest
    weights = _weights(context, digest) if digest is not None else {}
    return facet_affinity(
        [view.title_facets[number] for number in weights],
        list(weights.values()),
        context.snapshot.facet_share,
    )


def _weights(context: RequestContext, digest: Digest) -> dict[int, float]:
    """The weight of each viewed or picked title by number; disliked titles are left out."""
    latest = digest.plays[-MAX_HISTORY:]
    fractions = dict.fromkeys(digest.picks, PICK_FRACTION)
    fractions |= {play.title_id: play.fraction for play in latest}
    title_ids = [title_id for title_id in fractions if context.opinions.get(title_id, 0) >= 0]
    numbers = [context.view.number_of(title_id) for title_id in title_ids]
    weights = strength([fractions[title_id] for title_id in title_ids]).tolist()
    return {n: weight for n, weight in zip(numbers, weights, strict=True) if n != UNKNOWN}


def _facts(facet: Facet) -> Facts:
    facts: dict[Fact, str] = {"mood" if facet.kind == "mood" else "genre": facet.label}
    if facet.kind == "genre_kind":
        facts["format"] = "films" if facet.detail == "film" else "series"
    if facet.kind == "genre_decade":
        facts["decade"] = facet.detail
    return facts


def _facet_kind(name: str, text: str, neutral: str, subject: Fact | None = None) -> RowKind:
    """The kind of rows of one facet; `text` names the facet, `neutral` needs no fact."""
    return RowKind(
        name=name,
        labels=(Template.of(text), Template.of("More to watch")),
        reasons=(
            Template.of(f"{text}, ordered by what you watched.", "history"),
            Template.of(f"{text}, ordered by the titles you picked.", "picks"),
            Template.of(neutral),
        ),
        subject=subject,
        family="facet",
    )


GENRE: Final = _facet_kind("genre", "{genre}", "Titles of one genre.", "genre")
MOOD: Final = _facet_kind("mood", "{mood}", "Titles of one mood.", "mood")
GENRE_KIND: Final = _facet_kind("genre_kind", "{genre} {format}", "Titles of one genre.")
GENRE_DECADE: Final = _facet_kind(
    "genre_decade", "{genre} from the {decade}", "Titles of one genre."
)
_KINDS: Final = {kind.name: kind for kind in (GENRE, MOOD, GENRE_KIND, GENRE_DECADE)}
