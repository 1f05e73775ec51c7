"""Settings as environment variables, so that a child process gets exactly what its parent holds."""

import os
from collections.abc import Mapping
from dataclasses import fields, is_dataclass

from infra.settings.load import PREFIX, RESERVED
from infra.settings.sections import Settings

INHERITED = RESERVED - {"MARQUEE_HOME", "MARQUEE_PROFILE"}


def environment_of(settings: Settings, env: Mapping[str, str] = os.environ) -> dict[str, str]:
    """`env` with every Marquee variable replaced by these settings; `load_settings(env=...)` of the result equals them.

    All fields are named, also those at their defaults: otherwise a settings file in the home folder would show through.
    """
    result = {name: value for name, value in env.items() if not name.startswith(PREFIX) or name in INHERITED}
    result["MARQUEE_HOME"] = str(settings.home)
    result["MARQUEE_PROFILE"] = settings.profile
    for section in fields(settings):
        values = getattr(settings, section.name)
        if is_dataclass(values):
            for field in fields(values):
                result[f"{PREFIX}{section.name}__{field.name}".upper()] = _text(getattr(values, field.name))
    return result


def _text(value: object) -> str:
    if value is None:
        return ""
    return ",".join(str(part) for part in value) if isinstance(value, tuple) else str(value)
