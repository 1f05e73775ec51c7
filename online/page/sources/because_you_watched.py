"""Because you watched: titles similar to those that the member played and liked, or picked."""

from collections.abc import Iterator
from functools import cache
from typing import Final

import numpy as np

from online.page.context import RequestContext
from online.page.model import Row
from online.page.ranking.features import Similarity
from online.page.row_kind import Facts, RowKind, Template
from shared.artifacts.generation import SIMILARS
from shared.ids import TitleId
from shared.records.digest import Digest
from shared.rules.watching import is_anchor
from shared.vocabulary import UNKNOWN

# A guess, to be learned: rows of similar titles that compete for a page.
MAX_ANCHORS: Final = 10


def because_you_watched(context: RequestContext) -> Iterator[Row]:
    """Offer one row for each anchor, the latest first.

    An anchor that is not in the similarity model, or that may not be shown, has no row.
    """
    digest, generation = context.signals.digest, context.snapshot.generation
    if digest is None or generation.similars is None:
        return
    role = generation.manifest.roles.get(SIMILARS)
    version = role.artifact[:16] if role is not None else ""
    for anchor, played in _anchors(digest, context):
        number = context.view.number_of(anchor)
        title = context.view.title(number) if number != UNKNOWN else None
        if title is None or not context.safe[number]:
            continue
        numbers = context.snapshot.similar(number)
        numbers = numbers[context.discoverable[numbers]]
        facts: Facts = {"watched": title.name} if played else {"picked": title.name}
        yield Row(
            kind=BECAUSE_YOU_WATCHED,
            source="similars",
            version=version,
            numbers=numbers,
            features=_nearness_order(len(numbers)),
            facts=facts,
        )


@cache
def _nearness_order(count: int) -> Similarity:
    """Return the features of candidates in order; cached, because a page has ten such rows."""
    return Similarity(np.linspace(0, 1, count, dtype=np.float32))


def _anchors(digest: Digest, context: RequestContext) -> list[tuple[TitleId, bool]]:
    """(title, whether it was played): liked plays from the latest on, then onboarding picks."""
    opinions, now_ms = context.opinions, context.now_ms
    anchors = {
        play.title_id: True
        for play in reversed(digest.plays)
        if is_anchor(play.fraction, opinions.get(play.title_id, 0), play.time_ms, now_ms)
    }
    played = {play.title_id for play in digest.plays}
    for title_id in digest.picks:
        if title_id not in played and opinions.get(title_id, 0) >= 0:
            anchors[title_id] = False
    return list(anchors.items())[:MAX_ANCHORS]


BECAUSE_YOU_WATCHED: Final = RowKind(
    name="because_you_watched",
    labels=(
        Template.of("Because you watched {watched}"),
        Template.of("Because you picked {picked}"),
        Template.of("You may also like"),
    ),
    reasons=(
        Template.of("Titles similar to {watched}, which you watched."),
        Template.of("Titles similar to {picked}, which you picked."),
        Template.of("Titles similar to one another."),
    ),
    subject="watched",
    no_later_than=5,
)
