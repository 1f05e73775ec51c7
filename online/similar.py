"""Answer requests for titles similar to a title."""

import msgspec

from online.page.components import PageComponents
from online.page.context import Caller
from online.page.request import value_or
from online.page.served.response import plain_tiles
from online.problems import not_found
from shared.api.page import SimilarAnswer
from shared.api.request import SimilarQuery
from shared.catalog.titles import KIDS_AGE
from shared.ids import TitleId
from shared.vocabulary import UNKNOWN


def answer_similar(components: PageComponents, title_id: TitleId, query: SimilarQuery) -> bytes:
    """Answer with the titles that may be shown for the ceiling and country, as JSON.

    Raises:
        Problem: there is no such title, or it may not be shown to this caller.
    """
    country, ceiling = value_or(query.country, None), value_or(query.ceiling, KIDS_AGE)
    snapshot = components.planner.plan(Caller(None, ceiling, country)).snapshot
    view = snapshot.view
    number = view.number_of(title_id)
    allowed = view.allowed(ceiling, country, components.clock.now_ms())
    if number == UNKNOWN or not allowed[number]:
        raise not_found("title")
    numbers = snapshot.similar(number)
    shown = numbers[allowed[numbers]][: query.k].tolist()
    answer = SimilarAnswer(
        title_id=title_id,
        generation=snapshot.generation_id,
        tiles=tuple(plain_tiles(view, [(number, rank) for rank, number in enumerate(shown)])),
    )
    return msgspec.json.encode(answer)
