"""JSON Schemas of the HTTP interface, for clients in any language."""

from pathlib import Path
from typing import Final

import msgspec

from shared.api.events import EventBatch, EventsAnswer, EventsProblem
from shared.api.page import MoreAnswer, PageAnswer, SimilarAnswer
from shared.api.problem import ProblemDocument
from shared.api.request import (
    MoreQuery,
    PageHeaders,
    PagePath,
    PageQuery,
    ProfilePath,
    SimilarQuery,
    TitlePath,
)
from shared.api.state import HealthAnswer, ReadyAnswer
from shared.events.envelope import Envelope
from shared.events.json_schema import with_id_limits
from shared.json_schema import DIALECT, Schema

API_FOLDER: Final = Path(__file__).parent / "schemas"

API_TYPES: Final[tuple[type[msgspec.Struct], ...]] = (
    EventBatch,
    EventsAnswer,
    EventsProblem,
    HealthAnswer,
    MoreAnswer,
    MoreQuery,
    PageAnswer,
    PageHeaders,
    PagePath,
    PageQuery,
    ProblemDocument,
    ProfilePath,
    ReadyAnswer,
    SimilarAnswer,
    SimilarQuery,
    TitlePath,
)
"""Every request and answer, or part of a request."""


def api_schemas() -> dict[str, Schema]:
    """Return the schema of every request and answer, by file name."""
    return {f"{api_type.__name__}.json": _schema(api_type) for api_type in API_TYPES}


def api_definitions(reference: str) -> dict[str, Schema]:
    """Return the schemas of `API_TYPES` and of all that they use, by type name.

    `reference` is the pattern of a `$ref`, with `{name}` for the type name.
    """
    _, definitions = msgspec.json.schema_components(API_TYPES, ref_template=reference)
    return {name: _with_event_limits(name, schema) for name, schema in definitions.items()}


def _schema(api_type: type[msgspec.Struct]) -> Schema:
    _, definitions = msgspec.json.schema_components((api_type,), ref_template="#/$defs/{name}")
    root = definitions.pop(api_type.__name__)
    definitions = {name: _with_event_limits(name, schema) for name, schema in definitions.items()}
    return {"$schema": DIALECT, **root, "$defs": definitions}


def _with_event_limits(name: str, schema: Schema) -> Schema:
    """Complete the envelope's schema: its ids have limits, and its body is an object."""
    if name != Envelope.__name__:
        return schema
    limited = with_id_limits(schema)
    body = {"type": "object", "description": "Fields of the event's type: see its own schema."}
    return {**limited, "properties": {**limited["properties"], "body": body}}
