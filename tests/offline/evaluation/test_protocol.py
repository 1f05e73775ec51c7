"""Which viewings make queries."""

import numpy as np
import pytest

from offline.evaluation.protocol import evaluation_set
from offline.evaluation.settings import ProtocolSettings
from shared.clock import DAY_MS, HOUR_MS
from shared.ids import ProfileId
from shared.models.interactions import Interactions, sorted_interactions
from tests.models.data import NOW_MS, title_id, vocabulary_of


def _viewings(rows: list[tuple[int, int, float, float]], reward: float = 1.0) -> Interactions:
    """Rows of (profile, title, days after NOW_MS, fraction)."""
    count = len(rows)
    return sorted_interactions(
        [ProfileId("p0"), ProfileId("p1")],
        vocabulary_of(9),
        users=[row[0] for row in rows],
        items=[row[1] for row in rows],
        time_ms=[NOW_MS + round(row[2] * DAY_MS) for row in rows],
        fraction=[row[3] for row in rows],
        weight=np.full(count, reward),
        device=np.full(count, 2),
        offset_min=np.full(count, 60),
        country=np.zeros(count),
        countries=("NL",),
    )


def test_a_query_has_only_the_history_strictly_before_it() -> None:
    data = _viewings(
        [(0, 0, 0, 1), (0, 1, 1, 1), (1, 5, 1.5, 1), (0, 2, 2, 1), (0, 3, 2, 1), (0, 4, 3, 1)]
    )
    queries = evaluation_set(data, NOW_MS + 2 * DAY_MS, NOW_MS + 4 * DAY_MS, ProtocolSettings())
    assert queries.targets == (title_id(2), title_id(3), title_id(4))
    histories = [[entry.title_id for entry in query.history] for query in queries.queries]
    assert histories == [
        [title_id(0), title_id(1)],
        [title_id(0), title_id(1)],
        [title_id(n) for n in range(4)],
    ]
    assert queries.activity.tolist() == [2, 2, 4]
    assert queries.profiles.tolist() == [0, 0, 0]


def test_a_query_has_the_context_of_its_viewing() -> None:
    data = _viewings([(0, 0, 0, 1)])
    context = evaluation_set(data, NOW_MS, NOW_MS + 1, ProtocolSettings()).queries[0].context
    assert (context.now_ms, context.utc_offset_min, context.device, context.country) == (
        NOW_MS,
        60,
        "phone",
        "NL",
    )


def test_a_repeated_viewing_makes_no_query() -> None:
    data = _viewings([(0, 0, 0, 1), (0, 0, 1, 1), (1, 0, 1, 1)])
    queries = evaluation_set(data, NOW_MS + HOUR_MS, NOW_MS + 2 * DAY_MS, ProtocolSettings())
    assert (queries.profiles.tolist(), queries.targets) == ([1], (title_id(0),))


@pytest.mark.parametrize(
    ("fraction", "reward", "positive"),
    [(0.04, 1.0, False), (0.05, 1.0, True), (0.5, 0.0, False), (0.5, -0.1, False)],
)
def test_only_a_positive_viewing_makes_a_query(
    fraction: float, reward: float, positive: bool
) -> None:
    data = _viewings([(0, 0, 0, fraction)], reward)
    assert len(evaluation_set(data, NOW_MS, NOW_MS + 1, ProtocolSettings())) == positive


def test_too_many_queries_are_sampled_reproducibly() -> None:
    data = _viewings([(0, title, title / 10, 1) for title in range(9)])
    settings = ProtocolSettings(max_queries=4)
    first, second = (evaluation_set(data, NOW_MS, NOW_MS + DAY_MS, settings) for _ in range(2))
    assert len(first) == 4
    assert first.targets == second.targets


def test_no_data_makes_no_queries() -> None:
    assert len(evaluation_set(_viewings([]), NOW_MS, NOW_MS + DAY_MS, ProtocolSettings())) == 0
