"""Pages of one shape filled by different hands, and what the world's truth says each is worth."""

from collections.abc import Collection, Iterable, Mapping, Sequence

import numpy as np
import numpy.typing as npt

from infra.world import PageRow
from shared.ids import TitleId
from shared.models.port import Query, Scorer

CONTINUE = "continue_watching"
Values = npt.NDArray[np.float64]


def ranking(model: Scorer, query: Query, allowed: Collection[TitleId]) -> list[TitleId]:
    """The allowed titles that the model knows, best first."""
    scores = model.score([query])[0]
    order = np.argsort(-scores, kind="stable")
    titles = model.vocabulary.title_ids
    return [
        titles[number]
        for number in order
        if titles[number] in allowed and np.isfinite(scores[number])
    ]


def template_page(live: Sequence[PageRow], ranked: Iterable[TitleId]) -> tuple[PageRow, ...]:
    """A page of the live page's shape: its continue-watching row stays, every other place takes the
    next title of the ranking.

    Where the ranking runs out, rows become shorter or empty.
    """
    kept = {title for row in live if row.kind == CONTINUE for title in row.title_ids}
    rest = iter([title for title in ranked if title not in kept])
    rows = []
    for row in live:
        if row.kind == CONTINUE:
            rows.append(row)
            continue
        titles = tuple(title for _, title in zip(row.title_ids, rest, strict=False))
        rows.append(PageRow(titles, row.kind))
    return tuple(rows)


def paired_differences(values: Mapping[str, Values], baseline: str) -> dict[str, Values]:
    """Per page, its worth minus the baseline's, profile by profile."""
    return {name: each - values[baseline] for name, each in values.items()}
