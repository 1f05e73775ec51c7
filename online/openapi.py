"""The OpenAPI document, built from the table of routes and the JSON Schemas of the structs."""

from typing import Any, Final

import msgspec

from online.parameters import parameter_schemas
from online.routes import ROUTES, ApiRoute, RouteAnswer
from shared.api.json_schema import api_definitions
from shared.api.request import Parameters

DESCRIPTION: Final = (
    "Pages for members, and the endpoint for events. Errors are problem documents (RFC 9457)."
)

_REFERENCE: Final = "#/components/schemas/{name}"
_TEXT: Final = {"type": "string"}


def openapi_document() -> dict[str, Any]:
    """Return the OpenAPI 3.1 document of the HTTP interface."""
    paths: dict[str, dict[str, Any]] = {}
    for route in ROUTES:
        paths.setdefault(route.path, {})[route.method.lower()] = _operation(route)
    parameters = {part.__name__ for route in ROUTES for _, part in _parameter_structs(route)}
    schemas = {
        name: schema
        for name, schema in api_definitions(_REFERENCE).items()
        if name not in parameters
    }
    return {
        "openapi": "3.1.0",
        "info": {"title": "Marquee", "version": "1", "description": DESCRIPTION},
        "paths": paths,
        "components": {"schemas": schemas},
    }


def _operation(route: ApiRoute) -> dict[str, Any]:
    operation: dict[str, Any] = {
        "operationId": route.operation_id,
        "tags": [route.tag],
        "summary": route.summary,
        "description": route.description,
        "parameters": [
            _parameter(location, name, schema, name in _required(struct))
            for location, struct in _parameter_structs(route)
            for name, schema in parameter_schemas(struct).items()
        ],
        "responses": {
            str(status): _response(answer) for status, answer in sorted(route.answers.items())
        },
    }
    if route.body is not None:
        schema = _schema_of(route.body)
        content = {"application/json": {"schema": schema}}
        operation["requestBody"] = {"required": True, "content": content}
    return operation


def _parameter_structs(route: ApiRoute) -> list[tuple[str, type[Parameters]]]:
    parts = (("path", route.path_parameters), ("query", route.query), ("header", route.headers))
    return [(location, struct) for location, struct in parts if struct is not None]


def _required(struct: type[Parameters]) -> set[str]:
    return {
        field.encode_name
        for field in msgspec.structs.fields(struct)
        if field.default is msgspec.NODEFAULT
    }


def _parameter(location: str, name: str, schema: dict[str, Any], required: bool) -> dict[str, Any]:
    rest = {key: value for key, value in schema.items() if key != "description"}
    description = schema.get("description", "")
    return {
        "name": name,
        "in": location,
        "required": required,
        "description": description,
        "schema": rest,
    }


def _response(answer: RouteAnswer) -> dict[str, Any]:
    schema = _TEXT if answer.body is None else _schema_of(answer.body)
    response: dict[str, Any] = {
        "description": answer.description,
        "content": {answer.content_type: {"schema": schema}},
    }
    if answer.headers:
        response["headers"] = {
            name: {"description": description, "schema": _TEXT}
            for name, description in answer.headers.items()
        }
    return response


def _schema_of(struct: type[msgspec.Struct]) -> dict[str, Any]:
    return {"$ref": _REFERENCE.format(name=struct.__name__)}
