"""The JSON Schema of every event type, for producers in any language, and the rule for what may
change in one.

Producers and consumers of different versions meet on the log, in either order of upgrade, so a
change must be harmless both ways: fields may be added only as optional ones, and nothing that was
allowed may be refused or the other way round, except that an enumeration may grow (consumers are
upgraded first).
"""

from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any, Final

import msgspec

from shared.events.body import Body
from shared.events.envelope import Envelope
from shared.events.registry import EVENT_TYPES
from shared.ids import MAX_ID_LENGTH
from shared.topics import CATALOG

FOLDER: Final = Path(__file__).parent / "schemas"

Schema = dict[str, Any]


def event_schema(body_type: type[Body]) -> Schema:
    """The schema of a whole event of this type: the envelope, with the body in its place."""
    (_, body), definitions = msgspec.json.schema_components(
        (Envelope, body_type), ref_template="#/$defs/{name}"
    )
    envelope = definitions.pop("Envelope")
    properties = {**envelope["properties"], "type": {"const": body_type.type}, "body": body}
    required = list(envelope["required"])
    if body_type.topic != CATALOG:
        properties["profile_id"] = {"type": "string"}
        required.append("profile_id")
    for name, field in properties.items():
        if name.endswith("_id"):
            properties[name] = _as_id(field)
    return {
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "title": body_type.type,
        "description": f"{definitions[body_type.__name__]['description']} Topic: {body_type.topic}.",
        "type": "object",
        "properties": properties,
        "required": required,
        "$defs": definitions,
    }


def _as_id(field: Schema) -> Schema:
    """What `accept` asks of ids, which their types do not say."""
    if "anyOf" in field:
        return {**field, "anyOf": [_as_id(choice) for choice in field["anyOf"]]}
    return (
        {**field, "minLength": 1, "maxLength": MAX_ID_LENGTH}
        if field.get("type") == "string"
        else field
    )


def encoded(schema: Schema) -> bytes:
    """A schema as its file holds it."""
    return msgspec.json.format(msgspec.json.encode(schema, order="sorted"), indent=2) + b"\n"


def all_schemas() -> dict[str, Schema]:
    """Every event type's schema, by the name of its file."""
    return {
        f"{name}.json": event_schema(body_type) for name, body_type in sorted(EVENT_TYPES.items())
    }


def stored_schemas(folder: Path = FOLDER) -> dict[str, Schema]:
    """The schemas as they were last exported."""
    return {
        path.name: msgspec.json.decode(path.read_bytes()) for path in sorted(folder.glob("*.json"))
    }


def export(folder: Path = FOLDER) -> tuple[list[str], list[str]]:
    """Write the schemas that have changed: the names written, and what is incompatible; where
    anything is, nothing is written.
    """
    schemas, stored = all_schemas(), stored_schemas(folder)
    if problems := list(incompatibilities(stored, schemas)):
        return [], problems
    folder.mkdir(exist_ok=True)
    changed = [
        name
        for name, schema in schemas.items()
        if stored.get(name) != msgspec.json.decode(encoded(schema))
    ]
    for name in changed:
        (folder / name).write_bytes(encoded(schemas[name]))
    return changed, []


def incompatibilities(stored: Mapping[str, Schema], schemas: Mapping[str, Schema]) -> Iterator[str]:
    """One sentence for each change that would break a producer or a consumer of the stored version."""
    for name, old in stored.items():
        if name not in schemas:
            yield f"{name}: the event type is gone, but records of it stand in the log"
        else:
            new = schemas[name]
            yield from (f"{name}: {problem}" for problem in _Comparison(old, new).problems())


class _Comparison:
    """Walks an old and a new schema side by side; references are followed, each pair once."""

    def __init__(self, old: Schema, new: Schema) -> None:
        self._old = old
        self._new = new
        self._met: set[tuple[str, str]] = set()

    def problems(self) -> Iterator[str]:
        yield from self._compare(self._old, self._new, "")

    def _compare(self, old: Schema, new: Schema, path: str) -> Iterator[str]:
        pair = (str(old.get("$ref", "")), str(new.get("$ref", "")))
        if all(pair):
            if pair in self._met:
                return
            self._met.add(pair)
        old, new = _resolve(old, self._old), _resolve(new, self._new)
        where = path.rstrip(".") or "the event"
        if _kinds(old, self._old) != _kinds(new, self._new):
            yield f"{where} was {_said(old, self._old)}, is now {_said(new, self._new)}"
            return
        if gone := [value for value in old.get("enum", ()) if value not in new.get("enum", ())]:
            yield f"{where} may no longer be {', '.join(map(repr, gone))}"
        yield from _narrowed(old, new, where)
        yield from self._fields(old, new, path)
        yield from self._children(old, new, path)

    def _fields(self, old: Schema, new: Schema, path: str) -> Iterator[str]:
        were, are = set(old.get("required", ())), set(new.get("required", ()))
        known = old.get("properties", {})
        for name in sorted(are - were):
            yield f"{path}{name} is newly required: " + (
                "it was optional" if name in known else "events without it are in the log"
            )
        for name in sorted(were - are):
            yield f"{path}{name} was required and is " + (
                "optional now" if name in new.get("properties", {}) else "gone"
            )
        for name, field in known.items():
            if name in new.get("properties", {}):
                yield from self._compare(field, new["properties"][name], f"{path}{name}.")

    def _children(self, old: Schema, new: Schema, path: str) -> Iterator[str]:
        if isinstance(old.get("items"), dict) and isinstance(new.get("items"), dict):
            yield from self._compare(old["items"], new["items"], f"{path}[].")
        for before, after in zip(
            old.get("prefixItems", ()), new.get("prefixItems", ()), strict=False
        ):
            yield from self._compare(before, after, f"{path}[].")
        olds, news = (
            _by_kind(schema, whole) for schema, whole in ((old, self._old), (new, self._new))
        )
        for kind in olds.keys() & news.keys():
            yield from self._compare(olds[kind], news[kind], path)


_LOWER_BOUNDS = ("minimum", "exclusiveMinimum", "minLength", "minItems")
_UPPER_BOUNDS = ("maximum", "exclusiveMaximum", "maxLength", "maxItems")


def _narrowed(old: Schema, new: Schema, where: str) -> Iterator[str]:
    """Bounds that refuse what was allowed before; wider ones are let through, because consumers are
    upgraded first.
    """
    for bound in (*_LOWER_BOUNDS, *_UPPER_BOUNDS):
        before, after = old.get(bound), new.get(bound)
        tighter = after is not None and (
            before is None or (after > before if bound in _LOWER_BOUNDS else after < before)
        )
        if tighter:
            yield f"{where} has {bound} {after}, which was {before if before is not None else 'open'}"
    for rule in ("pattern", "const"):
        if rule in new and old.get(rule) != new[rule]:
            yield f"{where} must now be {new[rule]!r}"


def _resolve(schema: Schema, whole: Schema) -> Schema:
    name = schema.get("$ref")
    found: Schema = schema if name is None else whole["$defs"][name.rpartition("/")[2]]
    return found


def _by_kind(schema: Schema, whole: Schema) -> dict[str, Schema]:
    """The choices of an `anyOf` by what they are."""
    return {
        " or ".join(_kinds(_resolve(choice, whole), whole)): choice
        for choice in schema.get("anyOf", ())
    }


def _kinds(schema: Schema, whole: Schema) -> tuple[str, ...]:
    if "anyOf" in schema:
        return tuple(
            sorted(
                kind
                for choice in schema["anyOf"]
                for kind in _kinds(_resolve(choice, whole), whole)
            )
        )
    if "enum" in schema:
        return tuple(sorted({type(value).__name__ for value in schema["enum"]}))
    if "const" in schema:
        return (type(schema["const"]).__name__,)
    return (str(schema.get("type", "anything")),)


def _said(schema: Schema, whole: Schema) -> str:
    return " or ".join(_kinds(schema, whole))
