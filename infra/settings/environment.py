"""Settings as environment variables, so that a child process has the settings of its parent."""

import os
from collections.abc import Mapping

from infra.settings.convert import to_text
from infra.settings.fields import PREFIX
from infra.settings.load import component_fields
from infra.settings.sections import Settings
from infra.settings.sources import RESERVED

INHERITED = RESERVED - {"MARQUEE_HOME", "MARQUEE_PROFILE"}


def environment_of(settings: Settings, env: Mapping[str, str] = os.environ) -> dict[str, str]:
    """Return `env` with every Marquee variable replaced by these settings.

    `load_settings(env=...)` of the result equals them. Fields at their defaults are set too, so
    that a settings file in the home folder changes nothing.
    """
    variables = {
        name: value
        for name, value in env.items()
        if not name.startswith(PREFIX) or name in INHERITED
    }
    variables["MARQUEE_HOME"] = str(settings.home)
    variables["MARQUEE_PROFILE"] = settings.profile
    for field in component_fields():
        variables[field.variable] = to_text(field.value_in(settings))
    return variables
