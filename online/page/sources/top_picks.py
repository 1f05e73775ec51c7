"""Top picks: the most relevant titles of the whole catalog, by an exact search."""

from collections.abc import Iterator
from typing import Final

from online.page.context import RequestContext
from online.page.model import Row
from online.page.ranking.relevance import SCORED_AT_NIGHT, SCORED_FROM_DIGEST
from online.page.ranking.selection import ROW_TILES
from online.page.row_kind import Fact, Facts, RowKind, Template
from shared.models.history import strength


def top_picks(context: RequestContext) -> Iterator[Row]:
    """Offer one row."""
    yield Row(
        kind=TOP_PICKS,
        source="encoder",
        version=str(context.snapshot.encoder_id or "popularity")[:16],
        numbers=context.relevance.ordered[:ROW_TILES],
        facts=personal_facts(context),
    )


def personal_facts(context: RequestContext) -> Facts:
    """The facts of a row in the order of relevance: name, history, picks.

    History and picks are facts only where they decided on that order: a page in the order of
    popularity states neither, and what the nightly run computes does not include the picks.
    """
    signals, facts = context.signals, dict[Fact, str]()
    digest, scored_by = signals.digest, context.relevance.scored_by
    if signals.name is not None:
        facts["name"] = signals.name
    if digest is not None and scored_by in {*SCORED_FROM_DIGEST, *SCORED_AT_NIGHT}:
        if strength([play.fraction for play in digest.plays]).any():
            facts["history"] = ""
        if digest.picks and scored_by in SCORED_FROM_DIGEST:
            facts["picks"] = ""
    return facts


TOP_PICKS: Final = RowKind(
    name="top_picks",
    labels=(
        Template.of("Top picks for {name}"),
        Template.of("Top picks for you", "history"),
        Template.of("Top picks for you", "picks"),
        Template.of("Top picks"),
    ),
    reasons=(
        Template.of("The best of the whole catalog for you, by what you watched.", "history"),
        Template.of("The best of the whole catalog for you, by the titles you picked.", "picks"),
        Template.of("The titles of the whole catalog most likely to please."),
    ),
    no_later_than=2,
)
