"""The exported schemas match the code, and an incompatible change is refused."""

import copy
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import msgspec
import pytest

from shared.api.json_schema import API_FOLDER, API_TYPES, api_schemas
from shared.events.json_schema import EVENT_FOLDER, event_schemas
from shared.events.registry import EVENT_TYPES
from shared.json_schema import Schema, export, incompatibilities, read_schemas

THUMB = "feedback.thumb.json"
PAGE_QUERY = "PageQuery.json"
PAGE = "PageAnswer.json"
FAMILIES = pytest.mark.parametrize(
    ("folder", "current"), [(EVENT_FOLDER, event_schemas()), (API_FOLDER, api_schemas())]
)


@FAMILIES
def test_the_stored_schemas_are_compatible_with_the_code(
    folder: Path, current: Mapping[str, Schema]
) -> None:
    assert list(incompatibilities(read_schemas(folder), current)) == []


@FAMILIES
def test_the_stored_schemas_are_those_of_the_code(
    folder: Path, current: Mapping[str, Schema]
) -> None:
    decoded = msgspec.json.decode(msgspec.json.encode(current))
    assert read_schemas(folder) == decoded, "run `marquee schemas` and commit the files"


def test_every_event_type_and_every_api_type_has_a_schema() -> None:
    assert {name.removesuffix(".json") for name in event_schemas()} == set(EVENT_TYPES)
    assert {name.removesuffix(".json") for name in api_schemas()} == {
        api_type.__name__ for api_type in API_TYPES
    }


def problems_of(schemas: Callable[[], dict[str, Schema]], name: str, change: str) -> list[str]:
    """The reported problems of a change; `change` is code on `root` and on the definitions."""
    changed = copy.deepcopy(schemas())
    names: dict[str, Any] = {"root": changed[name], **changed[name]["$defs"]}
    exec(change, names)
    return list(incompatibilities(schemas(), changed))


@pytest.mark.parametrize(
    "change",
    [
        "Thumb['properties']['note'] = {'type': 'string'}",
        "Thumb['properties']['value']['enum'].append(3)",
    ],
)
def test_a_new_optional_field_and_a_larger_enumeration_are_allowed(change: str) -> None:
    assert problems_of(event_schemas, THUMB, change) == []


@pytest.mark.parametrize(
    ("change", "problem"),
    [
        (
            "Thumb['properties']['note'] = {'type': 'string'}; Thumb['required'].append('note')",
            "body.note is newly required",
        ),
        ("root['required'].append('account_id')", "account_id is newly required: it was optional"),
        (
            "del Thumb['properties']['title_id']; Thumb['required'].remove('title_id')",
            "body.title_id was required and is removed",
        ),
        ("Thumb['required'].remove('title_id')", "body.title_id was required and is optional now"),
        (
            "Thumb['properties']['title_id'] = {'type': 'integer'}",
            "body.title_id was string, is now integer",
        ),
        (
            "root['properties']['country'] = {'type': 'string'}",
            "country was null or string, is now string",
        ),
        ("Thumb['properties']['value']['enum'].remove(2)", "body.value may no longer be 2"),
        (
            "root['properties']['event_id']['maxLength'] = 10",
            "event_id has maxLength 10, which was 128",
        ),
        ("Origin['required'].append('token')", "origin.token is newly required"),
    ],
)
def test_an_incompatible_change_of_an_event_is_refused(change: str, problem: str) -> None:
    (reported,) = problems_of(event_schemas, THUMB, change)
    assert reported.startswith(f"{THUMB}: {problem}")


@pytest.mark.parametrize(
    ("name", "change", "problem"),
    [
        (
            PAGE_QUERY,
            "root['properties']['rows']['maximum'] = 20",
            "rows has maximum 20, which was 40",
        ),
        (PAGE, "RowAnswer['required'].remove('kind')", "rows.[].kind was required"),
        (PAGE, "root['required'].append('timings_ms')", "timings_ms is newly required"),
    ],
)
def test_an_incompatible_change_of_the_api_is_refused(name: str, change: str, problem: str) -> None:
    problems = problems_of(api_schemas, name, change)
    assert any(reported.startswith(f"{name}: {problem}") for reported in problems)


def test_a_removed_type_is_refused() -> None:
    remaining = {name: schema for name, schema in event_schemas().items() if name != THUMB}
    (problem,) = incompatibilities(event_schemas(), remaining)
    assert problem.startswith(f"{THUMB}: the type was removed")


def test_an_export_writes_changes_and_writes_nothing_if_one_is_incompatible(
    tmp_path: Path,
) -> None:
    written, problems = export(event_schemas(), tmp_path)
    assert len(written) == len(EVENT_TYPES)
    assert problems == []
    assert export(event_schemas(), tmp_path) == ([], [])
    path = tmp_path / THUMB
    path.write_text(path.read_text().replace('"title_id"', '"film_id"'))
    (tmp_path / "play.started.json").unlink()
    written, problems = export(event_schemas(), tmp_path)
    assert written == []
    assert problems
    assert not (tmp_path / "play.started.json").exists()
