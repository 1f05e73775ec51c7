"""JSON Schemas of the event types, for producers in any language."""

from pathlib import Path
from typing import Final

import msgspec

from shared.events.body import Body
from shared.events.envelope import Envelope
from shared.events.registry import EVENT_TYPES
from shared.ids import MAX_ID_LENGTH
from shared.json_schema import DIALECT, Schema
from shared.topics import CATALOG

EVENT_FOLDER: Final = Path(__file__).parent / "schemas"


def event_schemas() -> dict[str, Schema]:
    """Return the schema of every event type, by file name."""
    return {
        f"{name}.json": event_schema(body_type) for name, body_type in sorted(EVENT_TYPES.items())
    }


def event_schema(body_type: type[Body]) -> Schema:
    """Return the schema of a whole event of one type: the envelope with its body."""
    (_, body), definitions = msgspec.json.schema_components(
        (Envelope, body_type), ref_template="#/$defs/{name}"
    )
    envelope = with_id_limits(definitions.pop(Envelope.__name__))
    properties = {**envelope["properties"], "type": {"const": body_type.type}, "body": body}
    required = list(envelope["required"])
    if body_type.topic != CATALOG:
        properties["profile_id"] = _limited({"type": "string"})
        required.append("profile_id")
    description = definitions[body_type.__name__]["description"]
    return {
        "$schema": DIALECT,
        "title": body_type.type,
        "description": f"{description} Topic: {body_type.topic}.",
        "type": "object",
        "properties": properties,
        "required": required,
        "$defs": definitions,
    }


def with_id_limits(schema: Schema) -> Schema:
    """Add the length limits that `accept` checks to the id fields of an object's schema."""
    properties = {
        name: _limited(field) if name.endswith("_id") else field
        for name, field in schema["properties"].items()
    }
    return {**schema, "properties": properties}


def _limited(field: Schema) -> Schema:
    if "anyOf" in field:
        return {**field, "anyOf": [_limited(choice) for choice in field["anyOf"]]}
    if field.get("type") == "string":
        return {**field, "minLength": 1, "maxLength": MAX_ID_LENGTH}
    return field
