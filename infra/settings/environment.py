"""Settings as environment variables, so that a child process gets exactly what its parent holds."""

import os
from collections.abc import Mapping
from dataclasses import fields, is_dataclass
from typing import TYPE_CHECKING

from infra.settings.load import PREFIX, RESERVED
from infra.settings.sections import Settings

if TYPE_CHECKING:
    from _typeshed import DataclassInstance

INHERITED = RESERVED - {"MARQUEE_HOME", "MARQUEE_PROFILE"}


def environment_of(settings: Settings, env: Mapping[str, str] = os.environ) -> dict[str, str]:
    """`env` with every Marquee variable replaced by these settings; `load_settings(env=...)` of the
    result equals them.

    All fields are named, also those at their defaults: otherwise a settings file in the home folder
    would show through.
    """
    result = {
        name: value
        for name, value in env.items()
        if not name.startswith(PREFIX) or name in INHERITED
    }
    result["MARQUEE_HOME"] = str(settings.home)
    result["MARQUEE_PROFILE"] = settings.profile
    for field in fields(settings):
        value = getattr(settings, field.name)
        if is_dataclass(value) and not isinstance(value, type):
            _name_all(value, f"{PREFIX}{field.name}", result)
    return result


def _name_all(section: "DataclassInstance", path: str, into: dict[str, str]) -> None:
    for field in fields(section):
        value, name = getattr(section, field.name), f"{path}__{field.name}"
        if is_dataclass(value) and not isinstance(value, type):
            _name_all(value, name, into)
        else:
            into[name.upper()] = _text(value)


def _text(value: object) -> str:
    if value is None:
        return ""
    return ",".join(_part(part) for part in value) if isinstance(value, tuple) else str(value)


def _part(value: object) -> str:
    return ":".join(str(each) for each in value) if isinstance(value, tuple) else str(value)
