"""The evaluation protocol: plays after a time are predicted from the plays before them.

A profile's first viewing of a title makes a query if it is positive (`Interactions.positive`). The
query has the history strictly before the viewing and the context of the viewing; the title is the
only relevant one of the whole catalog. Titles of the history are not ranked, so a repeated viewing
makes no query: the rows "Continue watching" and "Watch again" offer such titles. Models are trained
on plays before the split only. Histories grow during the test days, as they do in serving.
"""

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from offline.evaluation.settings import ProtocolSettings
from shared.ids import TitleId
from shared.models.interactions import Interactions
from shared.models.port import Query
from shared.vocabulary import Vocabulary


@dataclass(frozen=True)
class EvaluationSet:
    """The queries that every model is evaluated on.

    Entries of `queries`, `targets`, `profiles` and `activity` belong together.
    """

    vocabulary: Vocabulary
    """The catalog, which is ranked completely. Titles outside a model's vocabulary rank last."""
    queries: tuple[Query, ...]
    targets: tuple[TitleId, ...]
    """The relevant title of each query."""
    profiles: npt.NDArray[np.int64]
    """The profile number of each query. The bootstrap draws profiles, not queries."""
    activity: npt.NDArray[np.int64]
    """The number of titles in each history."""

    def __len__(self) -> int:
        return len(self.queries)


def evaluation_set(
    interactions: Interactions, from_ms: int, to_ms: int, settings: ProtocolSettings
) -> EvaluationSet:
    """Return the queries of the viewings at from_ms ≤ t < to_ms."""
    rows = _first_positive(interactions)
    rows = rows[(interactions.time_ms[rows] >= from_ms) & (interactions.time_ms[rows] < to_ms)]
    if len(rows) > settings.max_queries:
        rng = np.random.default_rng(settings.seed)
        rows = np.sort(rng.choice(rows, settings.max_queries, replace=False))
    queries = tuple(interactions.query_of_row(int(row)) for row in rows)
    return EvaluationSet(
        vocabulary=interactions.vocabulary,
        queries=queries,
        targets=tuple(interactions.vocabulary.title_ids[item] for item in interactions.items[rows]),
        profiles=interactions.users[rows].astype(np.int64),
        activity=np.asarray([len(query.history) for query in queries], np.int64),
    )


def _first_positive(interactions: Interactions) -> npt.NDArray[np.int64]:
    """Return the rows that are a profile's first viewing of a title, and positive."""
    cells = interactions.users.astype(np.int64) * len(interactions.vocabulary) + interactions.items
    first = np.sort(np.unique(cells, return_index=True)[1])
    return np.asarray(first[interactions.positive[first]], np.int64)
