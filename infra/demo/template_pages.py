"""Pages with the live page's shape, filled from the ranking of one model."""

from collections.abc import Collection, Iterable, Sequence

import numpy as np

from infra.world.truth import ShownRow
from shared.ids import TitleId
from shared.models.port import Query, Scorer

CONTINUE = "continue_watching"


def ranking(model: Scorer, query: Query, allowed: Collection[TitleId]) -> list[TitleId]:
    """The allowed titles of the model's vocabulary, best first."""
    scores = model.score([query])[0]
    order = np.argsort(-scores, kind="stable")
    titles = model.vocabulary.title_ids
    return [
        titles[number]
        for number in order
        if titles[number] in allowed and np.isfinite(scores[number])
    ]


def template_page(live: Sequence[ShownRow], ranked: Iterable[TitleId]) -> tuple[ShownRow, ...]:
    """The live page with its continue-watching row, and the ranking in every other position.

    When the ranking has no more titles, the remaining rows are shorter or empty.
    """
    resumed = {title for row in live if row.kind == CONTINUE for title in row.title_ids}
    remaining = iter([title for title in ranked if title not in resumed])
    rows = []
    for row in live:
        if row.kind == CONTINUE:
            rows.append(row)
            continue
        titles = tuple(title for _, title in zip(row.title_ids, remaining, strict=False))
        rows.append(ShownRow(titles, row.kind))
    return tuple(rows)
