"""Build `Settings` from the sources, later ones first: the environment, `settings.toml` in the home
folder, the profile, the declared defaults.
"""

import os
from collections.abc import Mapping
from dataclasses import dataclass
from itertools import chain
from pathlib import Path

from infra.settings.fields import FieldPath, SettingField, is_section, section_hints, setting_fields
from infra.settings.sections import Settings
from infra.settings.sources import (
    SourcedValue,
    ValueOrigin,
    environment_values,
    file_values,
    profile_values,
)
from shared.errors import SetupError

PROFILES = ("local", "cluster")
DEFAULT = ValueOrigin("default")


@dataclass(frozen=True, slots=True)
class LoadedSettings:
    """Settings, with the origin of every field that is not at its default."""

    settings: Settings
    origins: Mapping[FieldPath, ValueOrigin]

    def origin(self, field: SettingField) -> ValueOrigin:
        """Return the origin of the value of a field."""
        return self.origins.get(field.path, DEFAULT)

    def value(self, field: SettingField) -> object:
        """Return the value of a field."""
        return field.value_in(self.settings)


def load_settings(profile: str | None = None, env: Mapping[str, str] = os.environ) -> Settings:
    """Return the settings of this process; called once by a command, which passes on the sections.

    MARQUEE_PROFILE names the profile unless the caller does. MARQUEE_HOME names the home folder,
    which defaults to `.marquee` in the working directory. MARQUEE_<SECTION>__<FIELD> sets one
    field; see `infra.settings.convert` for lists.

    Raises:
        SetupError: an unknown profile or field, a value of the wrong type, or values that
            contradict each other; the message names the field and its origin.
    """
    return load_with_origins(profile, env).settings


def load_with_origins(
    profile: str | None = None, env: Mapping[str, str] = os.environ
) -> LoadedSettings:
    """Return the settings as `load_settings` does, with the origin of every value."""
    profile = profile or env.get("MARQUEE_PROFILE") or PROFILES[0]
    if profile not in PROFILES:
        raise SetupError(
            f"There is no settings profile '{profile}'; choose one of {', '.join(PROFILES)}."
        )
    home = Path(env.get("MARQUEE_HOME") or ".marquee").absolute()
    declared = {field.path: field for field in component_fields()}
    values: dict[FieldPath, SourcedValue] = {}
    for sourced in chain(
        profile_values(profile, declared),
        file_values(home / "settings.toml", declared),
        environment_values(env, declared),
    ):
        values[sourced.path] = sourced
    sections = {
        name: _build(hint, (name,), values)
        for name, hint in section_hints(Settings).items()
        if isinstance(hint, type) and is_section(hint)
    }
    settings = Settings(home=home, profile=profile, **sections)  # type: ignore[arg-type]
    return LoadedSettings(settings, {path: sourced.origin for path, sourced in values.items()})


def component_fields() -> list[SettingField]:
    """Return every field of every component; `home` and `profile` are not among them."""
    return [field for field in setting_fields(Settings) if len(field.path) > 1]


def _build(
    section: type[object], path: FieldPath, values: Mapping[FieldPath, SourcedValue]
) -> object:
    arguments: dict[str, object] = {}
    for name, hint in section_hints(section).items():
        inner = (*path, name)
        if isinstance(hint, type) and is_section(hint):
            arguments[name] = _build(hint, inner, values)
        elif inner in values:
            arguments[name] = values[inner].value
    try:
        return section(**arguments)
    except ValueError as error:
        origins = ", ".join(
            f"{name} from {values[*path, name].origin}"
            for name in arguments
            if (*path, name) in values
        )
        raise SetupError(
            f"The section '{'.'.join(path)}' is refused: {error} ({origins})."
        ) from None
