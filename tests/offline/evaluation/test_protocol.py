import numpy as np

from offline.evaluation.protocol import questions, split
from offline.evaluation.settings import ProtocolSettings
from shared.clock import DAY_MS, HOUR_MS
from shared.ids import ProfileId
from shared.models.interactions import Interactions, sorted_interactions
from tests.models.data import NOW_MS, title_id, vocabulary_of


def _watched(rows: list[tuple[int, int, float, float]], weight: float = 1.0) -> Interactions:
    """Rows of (profile, title, days after NOW_MS, fraction)."""
    count = len(rows)
    return sorted_interactions(
        [ProfileId("p0"), ProfileId("p1")],
        vocabulary_of(9),
        users=[row[0] for row in rows],
        items=[row[1] for row in rows],
        time_ms=[NOW_MS + round(row[2] * DAY_MS) for row in rows],
        fraction=[row[3] for row in rows],
        weight=np.full(count, weight),
        device=np.full(count, 2),
        offset_min=np.full(count, 60),
        country=np.zeros(count),
        countries=("NL",),
    )


def test_time_splits_the_data_once_for_everybody() -> None:
    data = _watched([(0, 0, 0, 1), (1, 1, 1, 1), (0, 2, 2.5, 1), (1, 3, 4.5, 1), (0, 4, 6, 1)])
    parts = split(data, ProtocolSettings(test_days=2, validation_days=2))
    assert parts.before_validation.items.tolist() == [0, 1]
    assert parts.validation.targets == (title_id(2),)
    assert parts.before_test.items.tolist() == [0, 1, 2]
    assert parts.test.targets == (title_id(3), title_id(4))
    assert parts.test_from_ms == NOW_MS + 4 * DAY_MS + 1


def test_a_question_knows_only_what_came_strictly_before_it() -> None:
    data = _watched(
        [(0, 0, 0, 1), (0, 1, 1, 1), (1, 5, 1.5, 1), (0, 2, 2, 1), (0, 3, 2, 1), (0, 4, 3, 1)]
    )
    asked = questions(data, NOW_MS + 2 * DAY_MS, NOW_MS + 4 * DAY_MS, ProtocolSettings())
    assert asked.targets == (title_id(2), title_id(3), title_id(4))
    histories = [[entry.title_id for entry in query.history] for query in asked.queries]
    assert histories == [
        [title_id(0), title_id(1)],
        [title_id(0), title_id(1)],
        [title_id(n) for n in range(4)],
    ]
    assert asked.activity.tolist() == [2, 2, 4]
    assert asked.profiles.tolist() == [0, 0, 0]


def test_a_question_carries_its_own_moment_and_place() -> None:
    asked = questions(_watched([(0, 0, 0, 1)]), NOW_MS, NOW_MS + 1, ProtocolSettings())
    context = asked.queries[0].context
    assert (context.now_ms, context.utc_offset_min, context.device, context.country) == (
        NOW_MS,
        60,
        "phone",
        "NL",
    )


def test_watching_again_or_turning_away_is_no_question() -> None:
    data = _watched([(0, 0, 0, 1), (0, 0, 1, 1), (0, 1, 1, 0.01), (1, 0, 1, 1)])
    asked = questions(data, NOW_MS + HOUR_MS, NOW_MS + 2 * DAY_MS, ProtocolSettings())
    assert [
        (int(profile), target)
        for profile, target in zip(asked.profiles, asked.targets, strict=True)
    ] == [(1, title_id(0))]


def test_what_was_worth_nothing_is_no_question() -> None:
    assert (
        len(
            questions(_watched([(0, 0, 0, 1)], weight=-0.1), NOW_MS, NOW_MS + 1, ProtocolSettings())
        )
        == 0
    )


def test_too_many_questions_are_thinned_alike_every_time() -> None:
    data = _watched([(0, title, title / 10, 1) for title in range(9)])
    settings = ProtocolSettings(max_queries=4)
    first, again = (questions(data, NOW_MS, NOW_MS + DAY_MS, settings) for _ in range(2))
    assert len(first) == 4
    assert first.targets == again.targets


def test_no_data_gives_no_questions() -> None:
    parts = split(_watched([]), ProtocolSettings())
    assert len(parts.test) == len(parts.validation) == 0
