from pathlib import Path

import numpy as np

from offline.training.two_tower.examples import NO_ITEM, Examples, make_examples
from shared.clock import HOUR_MS
from shared.ids import ProfileId
from shared.models.interactions import Interactions, sorted_interactions
from shared.models.two_tower import read_history
from tests.models.data import NOW_MS, interactions_of, vocabulary_of


def _watched(rows: list[tuple[int, int, int, float]]) -> Interactions:
    """Rows of (profile, title, hours after NOW_MS, fraction)."""
    count = len(rows)
    return sorted_interactions(
        [ProfileId("p0"), ProfileId("p1")],
        vocabulary_of(9),
        users=[row[0] for row in rows],
        items=[row[1] for row in rows],
        time_ms=[NOW_MS + row[2] * HOUR_MS for row in rows],
        fraction=[row[3] for row in rows],
        weight=np.ones(count),
        device=np.ones(count),
        offset_min=np.zeros(count),
        country=np.full(count, -1),
    )


def test_every_first_positive_viewing_is_an_example_with_the_history_before_it() -> None:
    examples = make_examples(
        _watched([(0, 1, 0, 1.0), (1, 7, 1, 1.0), (0, 2, 2, 0.35), (0, 3, 4, 1.0)]),
        history_length=3,
    )
    assert examples.target.tolist() == [1, 7, 2, 3]
    assert examples.history.tolist() == [[-1, -1, -1], [-1, -1, -1], [-1, -1, 1], [-1, 1, 2]]
    assert examples.strength.tolist()[3] == [0.0, 1.0, 0.5]
    # Three and two hours old when the fourth started: buckets of log2(1 + hours).
    assert examples.age.tolist()[3] == [0, 2, 1]


def test_a_repeated_viewing_is_not_an_example_and_moves_the_title_to_the_end_of_the_history() -> (
    None
):
    examples = make_examples(
        _watched([(0, 1, 0, 1.0), (0, 2, 1, 1.0), (0, 1, 2, 0.1), (0, 3, 3, 1.0)]), history_length=3
    )
    assert examples.target.tolist() == [1, 2, 3]
    assert examples.history[2].tolist() == [NO_ITEM, 2, 1]
    assert examples.strength[2].tolist() == [0.0, 1.0, 1.0]


def test_an_abandoned_title_is_neither_target_nor_history() -> None:
    examples = make_examples(_watched([(0, 1, 0, 0.01), (0, 2, 1, 1.0)]), history_length=2)
    assert examples.target.tolist() == [2]
    assert examples.history[0].tolist() == [NO_ITEM, NO_ITEM]


def test_viewings_of_one_instant_are_not_in_each_other_s_history() -> None:
    examples = make_examples(
        _watched([(0, 1, 0, 1.0), (0, 2, 0, 1.0), (0, 3, 1, 1.0)]), history_length=3
    )
    assert examples.history.tolist() == [[-1, -1, -1], [-1, -1, -1], [-1, 1, 2]]


def test_later_viewings_change_no_earlier_example() -> None:
    rows = [(0, 1, 0, 0.3), (0, 2, 1, 1.0), (1, 4, 2, 1.0), (0, 3, 3, 1.0)]
    later = [(0, 1, 9, 1.0), (0, 8, 10, 1.0), (1, 5, 11, 1.0)]
    examples = make_examples(_watched(rows), 4)
    all_examples = make_examples(_watched(rows + later), 4)
    for name in ("target", "context", "history", "age", "strength"):
        earlier = getattr(all_examples, name)[: len(examples)]
        np.testing.assert_array_equal(earlier, getattr(examples, name))


def test_training_and_serving_have_the_same_model_inputs() -> None:
    """The same viewings give the same inputs as examples and as queries (no training-serving
    skew).
    """
    rng = np.random.default_rng(4)
    rows = [
        (int(rng.integers(2)), int(rng.integers(9)), hour, float(rng.random()))
        for hour in range(60)
    ]
    interactions = _watched(rows)
    examples = make_examples(interactions, 5)
    number = 0
    for row in range(len(interactions)):
        if number == len(examples) or interactions.items[row] != examples.target[number]:
            continue
        numbers, ages, strengths = read_history(
            interactions.query_of_row(row), interactions.vocabulary, 5
        )
        if int(interactions.items[row]) in _seen_before(interactions, row):
            continue
        present = examples.strength[number] > 0
        assert examples.history[number][present].tolist() == numbers.tolist()
        assert examples.age[number][present].tolist() == ages.tolist()
        np.testing.assert_array_equal(examples.strength[number][present], strengths)
        number += 1
    assert number == len(examples) > 5


def _seen_before(interactions: Interactions, row: int) -> set[int]:
    same = interactions.users[:row] == interactions.users[row]
    return set(interactions.items[:row][same].tolist())


def test_examples_survive_a_round_trip_through_disk(tmp_path: Path) -> None:
    examples = make_examples(interactions_of([(0, 1), (0, 2), (1, 2)], titles=3, profiles=2), 4)
    examples.save(tmp_path)
    for name, array in vars(Examples.open(tmp_path)).items():
        np.testing.assert_array_equal(array, getattr(examples, name))
