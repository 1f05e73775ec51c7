"""Validation of events, by examples and by fuzzing."""

import copy
import json
from contextlib import suppress
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from shared.catalog.titles import Title, Window
from shared.errors import InvalidEvent
from shared.events.accept import EARLIEST_MS, MAX_EVENT_BYTES, MAX_FUTURE_MS, accept
from shared.events.catalog import TitlePublished, TitleWithdrawn
from shared.events.codec import encode, envelope_of, key_of
from shared.events.envelope import Origin
from shared.events.plays import PlayProgress
from shared.events.registry import EVENT_TYPES
from shared.ids import EventId, PageId, ProfileId, TitleId

NOW = 1_700_000_000_000
PLAY = PlayProgress(
    title_id=TitleId("t"), runtime_s=100, position_s=30, watched=((0, 10), (20, 30))
)
VALID = encode(
    PLAY,
    event_id=EventId("e"),
    event_time_ms=NOW,
    profile_id=ProfileId("p"),
    country="US",
    device="tv",
)


def edited(path: str, value: Any) -> bytes:
    """The valid event with one field set; `...` removes it."""
    event = copy.deepcopy(json.loads(VALID))
    *folders, name = path.split(".")
    parent = event
    for folder in folders:
        parent = parent[folder]
    if value is ...:
        del parent[name]
    else:
        parent[name] = value
    return json.dumps(event).encode()


def rejection(value: bytes | None, topic: str | None = None) -> tuple[str, str | None]:
    with pytest.raises(InvalidEvent) as caught:
        accept(value, NOW, topic)
    return caught.value.reason, caught.value.field


def test_a_valid_event_is_decoded() -> None:
    accepted = accept(VALID, NOW, "signals")
    assert accepted.body == PLAY
    assert (accepted.envelope.event_id, accepted.envelope.device, accepted.envelope.country) == (
        "e",
        "tv",
        "US",
    )
    assert key_of(accepted.envelope, accepted.body) == b"p"


def test_unknown_fields_are_ignored() -> None:
    assert accept(edited("body.note", {"deep": [1]}), NOW).body == PLAY
    assert accept(edited("note", 1), NOW).body == PLAY


@pytest.mark.parametrize(
    ("path", "value", "reason"),
    [
        ("event_id", ..., "missing_field"),
        ("event_id", "", "bad_field"),
        ("event_id", "x" * 129, "bad_field"),
        ("event_id", 7, "bad_field"),
        ("type", "play.dreamt", "unknown_type"),
        ("event_time_ms", ..., "missing_field"),
        ("event_time_ms", NOW + MAX_FUTURE_MS + 1, "future"),
        ("event_time_ms", EARLIEST_MS - 1, "absurd_past"),
        ("event_time_ms", 0, "absurd_past"),
        ("event_time_ms", 4_102_444_800_000, "future"),
        ("event_time_ms", 1.5, "bad_field"),
        ("schema_version", 2, "newer_schema"),
        ("schema_version", 0, "bad_field"),
        ("client_seq", -1, "bad_field"),
        ("country", "usa", "bad_field"),
        ("utc_offset_min", 1_500, "bad_field"),
        ("device", "fridge", "bad_field"),
        ("profile_id", ..., "no_profile"),
        ("profile_id", "", "bad_field"),
        ("body", ..., "missing_field"),
        ("body", 3, "bad_field"),
        ("body.title_id", ..., "missing_field"),
        ("body.title_id", "", "bad_field"),
        ("body.runtime_s", 0, "bad_field"),
        ("body.position_s", -1, "bad_field"),
    ],
)
def test_an_invalid_field_is_reported_by_path(path: str, value: Any, reason: str) -> None:
    actual_reason, field = rejection(edited(path, value))
    assert actual_reason == reason
    assert field in {path, "type", "body"}


def test_the_limits_of_the_event_time_are_valid() -> None:
    assert accept(edited("event_time_ms", NOW + MAX_FUTURE_MS), NOW)
    assert accept(edited("event_time_ms", EARLIEST_MS), NOW)


def test_an_interval_that_ends_before_its_start_is_rejected() -> None:
    assert rejection(edited("body.watched", [[0, 5], [9, 2]])) == ("bad_field", "body.watched[1]")


@pytest.mark.parametrize(
    ("value", "reason"),
    [
        (None, "no_value"),
        (b"", "not_json"),
        (b"{", "not_json"),
        (VALID[:-1], "not_json"),
        (VALID + b"x", "not_json"),
        (b"[]", "bad_field"),
        (b"null", "bad_field"),
        (VALID.replace(b'"t"', b'"\xff"'), "not_json"),
        (VALID.replace(b'"t"', b'"\\ud800"'), "not_json"),
        (VALID.replace(b'"position_s":30', b'"position_s":NaN'), "not_json"),
        (VALID.replace(b'"position_s":30', b'"position_s":1e400'), "bad_field"),
        (VALID.replace(b'"position_s":30', b'"position_s":30,"x":Infinity'), "not_json"),
        (VALID.replace(b'"position_s":30', b'"x":' + b"[" * 100_000 + b"]" * 100_000), "too_deep"),
        (VALID.replace(b'"position_s":30', b'"x":' + b'{"a":' * 40 + b"1" + b"}" * 40), "too_deep"),
        (VALID.replace(b'"position_s":30', b'"x":"' + b"y" * MAX_EVENT_BYTES + b'"'), "too_large"),
        (VALID.replace(b'"position_s":30', b'"x":' + b"9" * 30), "bad_field"),
    ],
)
def test_malformed_values_are_rejected(value: bytes | None, reason: str) -> None:
    assert rejection(value)[0] == reason


def test_brackets_and_digits_inside_strings_are_ignored() -> None:
    assert accept(edited("body.note", "[" * 500 + '\\"' + "9" * 50 + "{" * 500), NOW).body == PLAY


def test_brackets_inside_strings_do_not_hide_depth() -> None:
    hidden = VALID.replace(b'"position_s":30', b'"x":' + b'["]",' * 900 + b"1" + b',"["]' * 900)
    assert rejection(hidden)[0] == "too_deep"


def test_an_event_on_another_topic_is_rejected() -> None:
    assert rejection(VALID, "exposures") == ("wrong_topic", "type")


def test_catalog_events_need_no_profile_and_have_the_title_id_as_key() -> None:
    film = Title(
        title_id=TitleId("t"),
        name="T",
        kind="film",
        genres=(),
        runtime_s=60,
        launch_ms=NOW,
        windows=(Window("*", NOW),),
    )
    for body in (TitlePublished(title=film), TitleWithdrawn(title_id=TitleId("t"))):
        accepted = accept(encode(body, event_id=EventId("e"), event_time_ms=NOW), NOW, "catalog")
        assert key_of(accepted.envelope, accepted.body) == b"t"


def test_a_title_with_an_empty_id_is_rejected() -> None:
    unnamed = Title(
        title_id=TitleId(""),
        name="T",
        kind="film",
        genres=(),
        runtime_s=60,
        launch_ms=NOW,
        windows=(),
    )
    value = encode(TitlePublished(title=unnamed), event_id=EventId("e"), event_time_ms=NOW)
    assert rejection(value) == ("bad_field", "body.title.title_id")


def test_the_origin_of_an_event_is_decoded() -> None:
    origin = Origin("search", PageId("g"), 1, 2, "token")
    value = encode(
        PLAY, event_id=EventId("e"), event_time_ms=NOW, profile_id=ProfileId("p"), origin=origin
    )
    assert accept(value, NOW).envelope.origin == origin


def test_every_event_type_has_a_topic() -> None:
    assert {body.topic for body in EVENT_TYPES.values()} == {"signals", "exposures", "catalog"}


def test_the_type_of_an_envelope_is_that_of_its_body() -> None:
    assert envelope_of(PLAY, event_id=EventId("e"), event_time_ms=NOW).type == "play.progress"


@given(st.binary(max_size=200) | st.text(max_size=200).map(str.encode))
def test_random_bytes_raise_only_invalid_event(value: bytes) -> None:
    with pytest.raises(InvalidEvent):
        accept(value, NOW)


_json = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=5),
    lambda inner: (
        st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=5), inner, max_size=3)
    ),
    max_leaves=8,
)
_paths = [
    "event_id",
    "event_time_ms",
    "client_seq",
    "origin",
    "body",
    "body.title_id",
    "body.watched",
    "body.episode_id",
    "country",
]


@given(st.sampled_from(_paths), _json)
def test_any_value_in_any_field_is_accepted_or_raises_only_invalid_event(
    path: str, value: Any
) -> None:
    with suppress(InvalidEvent):
        assert accept(edited(path, value), NOW).envelope.event_id
