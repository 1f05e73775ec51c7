"""For every declared type of a setting, a value that differs from the current one."""

from collections.abc import Mapping
from pathlib import Path
from typing import Literal, get_args, get_origin

from infra.settings.fields import SettingField
from infra.settings.load import component_fields, load_with_origins
from shared.secret import Secret

TEXT = "key=host:9999"
"""Accepted by every text field: an address, a key=value entry, a name."""


def other_values() -> dict[SettingField, object]:
    """Return another value for every field of every component."""
    loaded = load_with_origins(env={})
    return {field: _other_value(field.hint, loaded.value(field)) for field in component_fields()}


def _other_value(hint: object, current: object) -> object:
    if get_origin(hint) is Literal:
        return next(choice for choice in get_args(hint) if choice != current)
    if get_origin(hint) is tuple:
        return _other_tuple(get_args(hint), current)
    if isinstance(current, Mapping):
        return {key: _other_value(get_args(hint)[1], value) for key, value in current.items()}
    if isinstance(current, bool):
        return not current
    if isinstance(current, int | float):
        return _other_number(current)
    samples: dict[object, object] = {
        str: TEXT,
        str | None: TEXT,
        Path: Path("/elsewhere"),
        Secret: Secret("letmein"),
    }
    return samples[hint]


def _other_number(current: int | float) -> int | float:
    return current + 1 if isinstance(current, int) else current / 2 or 0.25


def _other_tuple(hints: tuple[object, ...], current: object) -> tuple[object, ...]:
    assert isinstance(current, tuple)
    if hints[-1] is not ...:
        return tuple(_other_value(hint, value) for hint, value in zip(hints, current, strict=True))
    return tuple(_other_value(hints[0], value) for value in current) or (TEXT,)
