"""Convert text to parameter structs: the path, query and headers of every request."""

import difflib
import re
from collections.abc import Iterable, Mapping
from functools import cache
from typing import Final, TypeVar
from urllib.parse import parse_qsl

import msgspec

from online.problems import Problem, bad_parameter
from shared.api.request import Parameters
from shared.json_schema import Schema

AnyParameters = TypeVar("AnyParameters", bound=Parameters)

_ESCAPE: Final = "surrogateescape"
"""Bytes that are not UTF-8 become lone surrogates, so that the message can name the parameter."""
_INVALID: Final = re.compile("[\ud800-\udfff]")
_FIELD: Final = re.compile(r"`\$\.([^`]+)`$|field `([^`]+)`")


def read_query(kind: type[AnyParameters], query: bytes) -> AnyParameters:
    """Parse a raw query string.

    Raises:
        Problem: names the parameter that is unknown, repeated, not UTF-8 or out of its limits.
    """
    pairs = parse_qsl(
        query.decode(errors=_ESCAPE), keep_blank_values=True, errors=_ESCAPE, separator="&"
    )
    values: dict[str, str] = {}
    for name, value in pairs:
        if name not in parameter_schemas(kind):
            raise _unknown(name, kind)
        if name in values:
            raise bad_parameter(name, f"Send `{name}` once.")
        if _INVALID.search(value):
            raise bad_parameter(name, f"Send `{name}` as percent-encoded UTF-8.")
        values[name] = value
    return read_values(kind, values)


def read_values(kind: type[AnyParameters], values: Mapping[str, str]) -> AnyParameters:
    """Convert the text of each parameter to the type of its field.

    Raises:
        Problem: names the parameter that is missing or out of its limits.
    """
    try:
        return msgspec.convert(values, kind, strict=False)
    except msgspec.ValidationError as error:
        name = next(filter(None, _FIELD.findall(str(error))[-1]))
        raise bad_parameter(name, _requirement(name, parameter_schemas(kind)[name])) from error


def declared(kind: type[Parameters], values: Iterable[tuple[str, str]]) -> dict[str, str]:
    """Return the values of the struct's fields; of a repeated name, the last one."""
    return {name: value for name, value in values if name in parameter_schemas(kind)}


@cache
def parameter_schemas(kind: type[Parameters]) -> Mapping[str, Schema]:
    """Return the JSON Schema of each parameter, by its name on the wire."""
    (schema,), definitions = msgspec.json.schema_components([kind])
    name = schema["$ref"].rpartition("/")[2]
    properties: dict[str, Schema] = definitions[name]["properties"]
    return properties


def _unknown(name: str, kind: type[Parameters]) -> Problem:
    name, names = _INVALID.sub("\N{REPLACEMENT CHARACTER}", name), list(parameter_schemas(kind))
    similar = difflib.get_close_matches(name, names, 1)
    advice = f"Did you mean `{similar[0]}`?" if similar else f"Use {', '.join(names)}."
    return bad_parameter(name, f"There is no parameter `{name}`. {advice}")


def _requirement(name: str, schema: Schema) -> str:
    """Return one sentence about the values that a parameter takes."""
    if "enum" in schema:
        return f"Send `{name}` as one of {', '.join(map(str, schema['enum']))}."
    if schema["type"] == "boolean":
        return f"Send `{name}` as true or false."
    if schema["type"] == "integer":
        return f"Send `{name}` as an integer from {schema['minimum']} to {schema['maximum']}."
    shortest, longest = schema["minLength"], schema["maxLength"]
    count = longest if shortest == longest else f"{shortest} to {longest}"
    example = "".join(f", for example {value}" for value in schema.get("examples", ())[:1])
    return f"Send `{name}` as {count} printable characters{example}."
