"""Conversion of setting values: TOML values and environment texts to declared types, and back.

In the environment a list is `a,b`, a group of values `a:b`, and a table `key:value,key:value`.
A text that begins with `[` or `{` is JSON, for values that contain these separators.
"""

import json
import math
from collections.abc import Mapping
from pathlib import Path
from types import UnionType
from typing import Any, Literal, Union, get_args, get_origin

import msgspec

from shared.secret import Secret

_DESCRIPTIONS: dict[object, str] = {
    int: "a whole number",
    float: "a number",
    bool: "true or false",
    str: "text",
    Path: "a path",
    Secret: "text",
}


def from_toml(hint: object, value: object) -> object:
    """Convert a TOML value to a declared type; no text is parsed as a number.

    Raises:
        ValueError: its message describes the expected value.
    """
    return _checked(hint, value, strict=True)


def from_text(hint: object, text: str) -> object:
    """Convert the text of an environment variable to a declared type.

    Raises:
        ValueError: its message describes the expected value.
    """
    if _is_optional(hint) and not text:
        return None
    try:
        value = _split(hint, text.strip()) if hint not in {str, Secret} else text
    except json.JSONDecodeError:
        raise ValueError("valid JSON, because it begins with a bracket") from None
    return _checked(hint, value, strict=False)


def to_text(value: object) -> str:
    """Return the text of an environment variable that `from_text` converts back to the value."""
    if value is None:
        return ""
    if isinstance(value, str | Path):
        return str(value)
    if isinstance(value, Secret):
        return value.value
    return msgspec.json.encode(value).decode()


def expected(hint: object) -> str:
    """Describe the values that a declared type accepts."""
    arguments = get_args(hint)
    if get_origin(hint) is Literal:
        return "one of " + ", ".join(str(argument) for argument in arguments)
    if _is_optional(hint):
        return f"{expected(_without_none(hint))}, or empty"
    if get_origin(hint) is tuple and arguments[-1] is not ...:
        return f"{len(arguments)} values joined by colons"
    if get_origin(hint) is tuple:
        return f"a list of {_plural(arguments[0])}"
    if _is_mapping(hint):
        return "a table"
    return _DESCRIPTIONS.get(hint, str(hint))


def _plural(hint: object) -> str:
    if hint is str:
        return "texts"
    return "numbers" if hint in {int, float} else "entries"


def _checked(hint: object, value: object, *, strict: bool) -> object:
    try:
        converted = msgspec.convert(value, hint, strict=strict, dec_hook=_decode)
    except msgspec.ValidationError:
        raise ValueError(expected(hint)) from None
    if not _is_finite(converted):
        raise ValueError(f"{expected(hint)}, without NaN and infinity")
    return converted


def _is_finite(value: object) -> bool:
    """Whether a value has no NaN and no infinity, which no comparison or limit can use."""
    if isinstance(value, Mapping):
        return all(map(_is_finite, value.values()))
    if isinstance(value, tuple):
        return all(map(_is_finite, value))
    return not isinstance(value, float) or math.isfinite(value)


def _decode(hint: type[Any], value: object) -> object:
    if not isinstance(value, str):
        raise TypeError(value)
    return Path(value).expanduser()


def _split(hint: object, text: str) -> object:
    """Return a text as nested lists and tables of texts, by the declared type."""
    if _is_optional(hint):
        return _split(_without_none(hint), text)
    arguments = get_args(hint)
    is_tuple = get_origin(hint) is tuple
    if (is_tuple or _is_mapping(hint)) and text.startswith(("[", "{")):
        return json.loads(text)
    if is_tuple and arguments[-1] is not ...:
        parts = text.split(":")
        if len(parts) != len(arguments):
            return parts
        return [_split(part, piece) for part, piece in zip(arguments, parts, strict=True)]
    if is_tuple:
        return [_split(arguments[0], part.strip()) for part in text.split(",") if part.strip()]
    if _is_mapping(hint):
        pairs = [part.strip().partition(":") for part in text.split(",") if part.strip()]
        return {key: _split(arguments[1], value) for key, _, value in pairs}
    return text


def _is_mapping(hint: object) -> bool:
    origin = get_origin(hint)
    return isinstance(origin, type) and issubclass(origin, Mapping)


def _is_optional(hint: object) -> bool:
    return get_origin(hint) in {Union, UnionType} and type(None) in get_args(hint)


def _without_none(hint: object) -> object:
    return next(argument for argument in get_args(hint) if argument is not type(None))
