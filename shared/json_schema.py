"""JSON Schema files: export, and the rule for compatible changes.

Programs of different versions exchange these documents, and either side may be upgraded first.
A change must therefore be harmless in both directions:

* A new field must be optional. A required field must stay required.
* A value that was allowed must stay allowed.
* An enumeration may grow, because readers are upgraded before writers.
"""

from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any, Final

import msgspec

Schema = dict[str, Any]

DIALECT: Final = "https://json-schema.org/draft/2020-12/schema"

_LOWER_BOUNDS: Final = ("minimum", "exclusiveMinimum", "minLength", "minItems")
_UPPER_BOUNDS: Final = ("maximum", "exclusiveMaximum", "maxLength", "maxItems")


def encode_schema(schema: Schema) -> bytes:
    """Encode a schema as its file: sorted keys, two spaces of indentation, a final newline."""
    return msgspec.json.format(msgspec.json.encode(schema, order="sorted"), indent=2) + b"\n"


def read_schemas(folder: Path) -> dict[str, Schema]:
    """Read the exported schemas of a folder, by file name."""
    return {
        path.name: msgspec.json.decode(path.read_bytes()) for path in sorted(folder.glob("*.json"))
    }


def export(schemas: Mapping[str, Schema], folder: Path) -> tuple[list[str], list[str]]:
    """Write the schemas that changed; write none if any change is incompatible.

    Returns the names of the written files and one sentence per incompatible change.
    """
    stored = read_schemas(folder)
    if problems := list(incompatibilities(stored, schemas)):
        return [], problems
    folder.mkdir(exist_ok=True)
    changed = [
        name
        for name, schema in schemas.items()
        if stored.get(name) != msgspec.json.decode(encode_schema(schema))
    ]
    for name in changed:
        (folder / name).write_bytes(encode_schema(schemas[name]))
    return changed, []


def incompatibilities(stored: Mapping[str, Schema], schemas: Mapping[str, Schema]) -> Iterator[str]:
    """Yield one sentence per change that breaks a reader or writer of the stored version."""
    for name, old in stored.items():
        if name not in schemas:
            yield f"{name}: the type was removed; restore it while documents of it exist"
        else:
            comparison = _Comparison(old, schemas[name])
            yield from (f"{name}: {problem}" for problem in comparison.problems())


class _Comparison:
    """Compares an old and a new schema; follows each pair of references once."""

    def __init__(self, old: Schema, new: Schema) -> None:
        self._old = old
        self._new = new
        self._compared: set[tuple[str, str]] = set()

    def problems(self) -> Iterator[str]:
        yield from self._compare(self._old, self._new, "")

    def _compare(self, old: Schema, new: Schema, path: str) -> Iterator[str]:
        references = (str(old.get("$ref", "")), str(new.get("$ref", "")))
        if all(references):
            if references in self._compared:
                return
            self._compared.add(references)
        old, new = _resolve(old, self._old), _resolve(new, self._new)
        field = path.rstrip(".") or "the document"
        if _kinds(old, self._old) != _kinds(new, self._new):
            yield f"{field} was {_type_name(old, self._old)}, is now {_type_name(new, self._new)}"
            return
        if removed := [value for value in old.get("enum", ()) if value not in new.get("enum", ())]:
            yield f"{field} may no longer be {', '.join(map(repr, removed))}"
        yield from _narrowed(old, new, field)
        yield from self._compare_properties(old, new, path)
        yield from self._compare_children(old, new, path)

    def _compare_properties(self, old: Schema, new: Schema, path: str) -> Iterator[str]:
        old_required, new_required = set(old.get("required", ())), set(new.get("required", ()))
        old_fields, new_fields = old.get("properties", {}), new.get("properties", {})
        for name in sorted(new_required - old_required):
            reason = "it was optional" if name in old_fields else "older documents lack it"
            yield f"{path}{name} is newly required: {reason}"
        for name in sorted(old_required - new_required):
            change = "optional now" if name in new_fields else "removed"
            yield f"{path}{name} was required and is {change}"
        for name, schema in old_fields.items():
            if name in new_fields:
                yield from self._compare(schema, new_fields[name], f"{path}{name}.")

    def _compare_children(self, old: Schema, new: Schema, path: str) -> Iterator[str]:
        if isinstance(old.get("items"), dict) and isinstance(new.get("items"), dict):
            yield from self._compare(old["items"], new["items"], f"{path}[].")
        old_items, new_items = old.get("prefixItems", ()), new.get("prefixItems", ())
        for old_item, new_item in zip(old_items, new_items, strict=False):
            yield from self._compare(old_item, new_item, f"{path}[].")
        old_choices, new_choices = _by_kind(old, self._old), _by_kind(new, self._new)
        for kind in old_choices.keys() & new_choices.keys():
            yield from self._compare(old_choices[kind], new_choices[kind], path)


def _narrowed(old: Schema, new: Schema, field: str) -> Iterator[str]:
    """Yield the bounds that became narrower; wider bounds are compatible."""
    for bound in (*_LOWER_BOUNDS, *_UPPER_BOUNDS):
        old_bound, new_bound = old.get(bound), new.get(bound)
        is_narrower = new_bound is not None and (
            old_bound is None
            or (new_bound > old_bound if bound in _LOWER_BOUNDS else new_bound < old_bound)
        )
        if is_narrower:
            previous = "open" if old_bound is None else old_bound
            yield f"{field} has {bound} {new_bound}, which was {previous}"
    for rule in ("pattern", "const"):
        if rule in new and old.get(rule) != new[rule]:
            yield f"{field} must now be {new[rule]!r}"


def _resolve(schema: Schema, document: Schema) -> Schema:
    reference = schema.get("$ref")
    if reference is None:
        return schema
    definition: Schema = document["$defs"][reference.rpartition("/")[2]]
    return definition


def _by_kind(schema: Schema, document: Schema) -> dict[str, Schema]:
    """Return the choices of an `anyOf`, by their type names."""
    return {
        " or ".join(_kinds(_resolve(choice, document), document)): choice
        for choice in schema.get("anyOf", ())
    }


def _kinds(schema: Schema, document: Schema) -> tuple[str, ...]:
    if "anyOf" in schema:
        choices = (_resolve(choice, document) for choice in schema["anyOf"])
        return tuple(sorted(kind for choice in choices for kind in _kinds(choice, document)))
    if "enum" in schema:
        return tuple(sorted({type(value).__name__ for value in schema["enum"]}))
    if "const" in schema:
        return (type(schema["const"]).__name__,)
    return (str(schema.get("type", "anything")),)


def _type_name(schema: Schema, document: Schema) -> str:
    return " or ".join(_kinds(schema, document))
