from dataclasses import replace

import numpy as np
import pytest

from shared.clock import HOUR_MS
from shared.events.envelope import DEVICES
from shared.features.context import context_features, device_code, local_hour, weekday
from shared.ids import ProfileId
from shared.models.interactions import Interactions, sorted_interactions
from tests.models.data import NOW_MS, interactions_of, title_id, vocabulary_of


def _watched(rows: list[tuple[int, int, int, float]]) -> Interactions:
    """Rows of (profile, title, hour, fraction)."""
    count = len(rows)
    return sorted_interactions(
        [ProfileId("p0"), ProfileId("p1")],
        vocabulary_of(4),
        users=[row[0] for row in rows],
        items=[row[1] for row in rows],
        time_ms=[NOW_MS + row[2] * HOUR_MS for row in rows],
        fraction=[row[3] for row in rows],
        weight=np.ones(count),
        device=[device_code("phone")] * count,
        offset_min=np.full(count, -300),
        country=[0 if row[0] == 0 else -1 for row in rows],
        countries=("NL",),
    )


def test_columns_in_any_order_give_the_same_interactions() -> None:
    rows = [(0, 1, 3, 1.0), (1, 2, 1, 0.5), (0, 3, 1, 0.2), (1, 0, 2, 0.9)]
    ordered, reversed_rows = _watched(rows), _watched(rows[::-1])
    for name in ("users", "items", "time_ms", "fraction"):
        np.testing.assert_array_equal(getattr(ordered, name), getattr(reversed_rows, name))
    assert ordered.items.tolist() == [3, 2, 0, 1]


def test_a_history_has_one_entry_per_title_with_its_last_time_and_greatest_fraction() -> None:
    data = _watched([(0, 1, 0, 0.9), (0, 2, 1, 0.4), (0, 1, 2, 0.3), (0, 3, 5, 1.0)])
    entries = data.query(0, NOW_MS + 5 * HOUR_MS).history
    assert [(entry.title_id, entry.time_ms - NOW_MS) for entry in entries] == [
        (title_id(2), HOUR_MS),
        (title_id(1), 2 * HOUR_MS),
    ]
    assert [entry.fraction for entry in entries] == pytest.approx([0.4, 0.9])


def test_a_query_has_the_context_of_the_latest_earlier_viewing() -> None:
    context = _watched([(0, 1, 0, 1.0)]).query(0, NOW_MS + HOUR_MS).context
    assert (context.device, context.country, context.utc_offset_min) == ("phone", "NL", -300)


def test_a_profile_without_viewings_has_an_empty_history() -> None:
    query = _watched([(0, 1, 0, 1.0)]).query(1, NOW_MS + HOUR_MS)
    assert query.history == ()
    assert query.context.country is None


def test_the_matrix_has_the_greatest_fractions_and_no_rows_without_reward() -> None:
    data = _watched([(0, 1, 0, 0.35), (0, 1, 1, 0.07), (1, 2, 1, 0.01)])
    assert data.matrix().toarray().tolist() == [[0, 0.5, 0, 0], [0, 0, 0, 0]]
    unrewarded = replace(data, weight=np.full(len(data), -1, np.float32))
    assert unrewarded.matrix().nnz == 0


def test_an_empty_matrix_keeps_its_shape() -> None:
    assert interactions_of([], titles=3, profiles=2).matrix().shape == (2, 3)


def test_columns_of_different_lengths_or_out_of_order_are_rejected() -> None:
    data = _watched([(0, 1, 0, 1.0), (0, 2, 1, 1.0)])
    with pytest.raises(ValueError, match="length"):
        Interactions(**{**_fields(data), "users": data.users[:1]})  # type: ignore[arg-type]
    with pytest.raises(ValueError, match="ordered by time"):
        Interactions(**{**_fields(data), "time_ms": data.time_ms[::-1]})  # type: ignore[arg-type]


def _fields(data: Interactions) -> dict[str, object]:
    return {name: getattr(data, name) for name in Interactions.__dataclass_fields__}


def test_local_hour_and_weekday_follow_the_utc_offset() -> None:
    # Thursday, 1 January 1970, 22:30 UTC is 00:30 on Friday at UTC+2 and 17:30 at UTC−5.
    time_ms = np.full(2, 22 * HOUR_MS + HOUR_MS // 2, np.int64)
    offsets = np.array([120, -300], np.int16)
    assert local_hour(time_ms, offsets).tolist() == [0, 17]
    assert weekday(time_ms, offsets).tolist() == [4, 3]


def test_the_features_of_23_h_and_0_h_are_neighbors() -> None:
    hours = np.arange(24, dtype=np.int64) * HOUR_MS
    features = context_features(hours, np.zeros(24, np.int16), np.zeros(24, np.int8))[:, :4]
    to_neighbor, to_noon = (
        np.linalg.norm(features[23] - features[0]),
        np.linalg.norm(features[12] - features[0]),
    )
    assert to_neighbor == pytest.approx(float(np.linalg.norm(features[1] - features[0])), rel=1e-5)
    assert to_neighbor < to_noon


def test_any_other_device_counts_as_unknown() -> None:
    assert DEVICES[device_code("toaster")] == "unknown"
