"""The protocol: time splits the data once for everybody; what was watched after is asked of what
was known before.

Every first liked watching of a title after the split is a question: the history strictly before
that moment, its own context, and the title watched as the one right answer among the whole catalog.
What the history holds is not ranked, so re-watching is no question (continue watching and watch
again are rows of their own). Training sees nothing from the split on; histories grow through the
test days, as they do when serving.
"""

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from offline.evaluation.settings import ProtocolSettings
from shared.clock import DAY_MS
from shared.ids import TitleId
from shared.models.history import strength
from shared.models.interactions import Interactions
from shared.models.port import Query
from shared.vocabulary import Vocabulary


@dataclass(frozen=True)
class Questions:
    """What is asked of every model alike. Rows of `queries`, `targets`, `profiles` and `activity`
    belong together.
    """

    vocabulary: Vocabulary
    """The catalog that is ranked, whole; a model that does not know a title ranks it last."""
    queries: tuple[Query, ...]
    targets: tuple[TitleId, ...]
    profiles: npt.NDArray[np.int64]
    """Whose question it is: profiles, not questions, are drawn by the bootstrap."""
    activity: npt.NDArray[np.int64]
    """How many titles the history holds."""

    def __len__(self) -> int:
        return len(self.queries)


@dataclass(frozen=True)
class Split:
    """The data in time: tune on what lies before `validation`, train on what lies before `test`."""

    before_validation: Interactions
    validation: Questions
    before_test: Interactions
    test: Questions
    test_from_ms: int


def split(interactions: Interactions, settings: ProtocolSettings) -> Split:
    """Cut at whole days before the last watching."""
    end = int(interactions.time_ms[-1]) + 1 if len(interactions) else 0
    test_from = end - round(settings.test_days * DAY_MS)
    validation_from = test_from - round(settings.validation_days * DAY_MS)
    return Split(
        before_validation=interactions.before(validation_from),
        validation=questions(interactions, validation_from, test_from, settings),
        before_test=interactions.before(test_from),
        test=questions(interactions, test_from, end, settings),
        test_from_ms=test_from,
    )


def questions(
    interactions: Interactions, from_ms: int, to_ms: int, settings: ProtocolSettings
) -> Questions:
    """The questions of a period from_ms ≤ t < to_ms."""
    rows = _first_liked(interactions)
    rows = rows[(interactions.time_ms[rows] >= from_ms) & (interactions.time_ms[rows] < to_ms)]
    if len(rows) > settings.max_queries:
        rows = np.sort(
            np.random.default_rng(settings.seed).choice(rows, settings.max_queries, replace=False)
        )
    asked = tuple(interactions.query_of_row(int(row)) for row in rows)
    return Questions(
        vocabulary=interactions.vocabulary,
        queries=asked,
        targets=tuple(interactions.vocabulary.title_ids[item] for item in interactions.items[rows]),
        profiles=interactions.users[rows].astype(np.int64),
        activity=np.asarray([len(query.history) for query in asked], np.int64),
    )


def _first_liked(interactions: Interactions) -> npt.NDArray[np.int64]:
    """Rows that are a profile's first watching of a title, and were liked."""
    cells = interactions.users.astype(np.int64) * len(interactions.vocabulary) + interactions.items
    first = np.zeros(len(cells), dtype=bool)
    first[np.unique(cells, return_index=True)[1]] = True
    return np.flatnonzero(first & (strength(interactions.fraction) > 0) & (interactions.weight > 0))
