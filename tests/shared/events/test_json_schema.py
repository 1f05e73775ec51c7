"""Stored schemas are those of the code, and a change that would break somebody is refused in words
a person can act on.
"""

import copy
from pathlib import Path
from typing import Any

import msgspec
import pytest

from shared.events.json_schema import all_schemas, export, incompatibilities, stored_schemas
from shared.events.registry import EVENT_TYPES

THUMB = "feedback.thumb.json"


def changed(change: str) -> list[str]:
    """What is said of a change of the thumb's schema; `change` is code on `event` and `body`."""
    new = copy.deepcopy(all_schemas())
    names: dict[str, Any] = {"event": new[THUMB], "body": new[THUMB]["$defs"]["Thumb"]}
    exec(change, names)
    return list(incompatibilities(all_schemas(), new))


def test_the_stored_schemas_allow_the_present_ones() -> None:
    assert list(incompatibilities(stored_schemas(), all_schemas())) == []


def test_the_stored_schemas_are_the_present_ones() -> None:
    stored = stored_schemas()
    stale = [name for name, schema in all_schemas().items() if stored.get(name) != normal(schema)]
    assert stale == [], (
        "compatible, but not exported: run `marquee schemas` and commit what it writes"
    )


def normal(schema: dict[str, Any]) -> Any:
    return msgspec.json.decode(msgspec.json.encode(schema))


def test_every_event_type_has_a_schema() -> None:
    assert {name.removesuffix(".json") for name in all_schemas()} == set(EVENT_TYPES)


def test_a_new_optional_field_is_allowed() -> None:
    assert changed("body['properties']['note'] = {'type': 'string'}") == []


def test_a_larger_enumeration_is_allowed() -> None:
    assert changed("body['properties']['value']['enum'].append(3)") == []


@pytest.mark.parametrize(
    ("change", "says"),
    [
        (
            "body['properties']['note'] = {'type': 'string'}; body['required'].append('note')",
            "body.note is newly required",
        ),
        ("event['required'].append('account_id')", "account_id is newly required: it was optional"),
        (
            "del body['properties']['title_id']; body['required'].remove('title_id')",
            "body.title_id was required and is gone",
        ),
        ("body['required'].remove('title_id')", "body.title_id was required and is optional now"),
        (
            "body['properties']['title_id'] = {'type': 'integer'}",
            "body.title_id was string, is now integer",
        ),
        (
            "event['properties']['country'] = {'type': 'string'}",
            "country was null or string, is now string",
        ),
        ("body['properties']['value']['enum'].remove(2)", "body.value may no longer be 2"),
        (
            "event['properties']['event_id']['maxLength'] = 10",
            "event_id has maxLength 10, which was 128",
        ),
        ("event['$defs']['Origin']['required'].append('token')", "origin.token is newly required"),
    ],
)
def test_a_change_that_would_break_somebody_is_refused(change: str, says: str) -> None:
    (problem,) = changed(change)
    assert problem.startswith(f"{THUMB}: {says}")


def test_a_type_that_is_gone_is_refused() -> None:
    remaining = {name: schema for name, schema in all_schemas().items() if name != THUMB}
    assert list(incompatibilities(all_schemas(), remaining)) == [
        f"{THUMB}: the event type is gone, but records of it stand in the log"
    ]


def test_an_export_writes_what_changed_and_nothing_when_something_is_incompatible(
    tmp_path: Path,
) -> None:
    written, problems = export(tmp_path)
    assert len(written) == len(EVENT_TYPES)
    assert problems == []
    assert export(tmp_path) == ([], [])
    path = tmp_path / THUMB
    path.write_text(path.read_text().replace('"title_id"', '"film_id"'))
    (tmp_path / "play.started.json").unlink()
    written, problems = export(tmp_path)
    assert written == []
    assert problems
    assert not (tmp_path / "play.started.json").exists()
