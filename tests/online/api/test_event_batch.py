"""Both ways to split a batch agree on valid JSON, and no bytes make either fail."""

import json

import msgspec
from hypothesis import given
from hypothesis import strategies as st

from online.event_batch import split_broken, split_valid

JSON = st.recursive(
    st.none() | st.booleans() | st.integers(-9, 9) | st.text('ab"\\[]{},:', max_size=6),
    lambda inner: (
        st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=3), inner, max_size=3)
    ),
    max_leaves=8,
)


@given(events=st.lists(JSON, max_size=5), indent=st.sampled_from([None, 0, 2]))
def test_both_ways_find_the_same_events_in_valid_json(events: list[object], indent: int) -> None:
    body = json.dumps({"events": events}, indent=indent).encode()
    valid, broken = split_valid(body), split_broken(body)
    assert valid is not None
    assert broken is not None
    assert [msgspec.json.decode(event) for event in valid] == events
    assert [msgspec.json.decode(event) for event in broken] == events


@given(
    events=st.lists(JSON, min_size=1, max_size=5),
    broken=st.sampled_from([b"NaN", b"nope", b'{"a": 01}', b'"\\ud800"', b"[" * 9 + b"]" * 9]),
    data=st.data(),
)
def test_an_invalid_event_does_not_change_the_other_events(
    events: list[object], broken: bytes, data: st.DataObject
) -> None:
    encoded = [json.dumps(event).encode() for event in events]
    encoded.insert(data.draw(st.integers(0, len(events))), broken)
    assert split_broken(b'{"events":[' + b",".join(encoded) + b"]}") == encoded


@given(st.text('{}[]",:\\ 1', max_size=30), st.binary(max_size=10))
def test_any_bytes_are_split_into_parts_of_them_or_refused(text: str, junk: bytes) -> None:
    for body in (text.encode(), junk, b'{"events":[' + text.encode() + junk):
        for parts in (split_valid(body), split_broken(body)):
            assert parts is None or all(bytes(part) in body for part in parts)
