"""The sources of settings: a profile's TOML, `settings.toml` in the home folder, the environment.

Each source yields values by field, with their origin. Names that no component declares are refused,
with the nearest declared name.
"""

import difflib
import tomllib
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from importlib.resources import files
from pathlib import Path
from typing import Literal

from infra.settings.convert import expected, from_text, from_toml
from infra.settings.fields import FILE_SUFFIX, PREFIX, FieldPath, SettingField
from shared.errors import SetupError
from shared.secret import Secret

RESERVED = frozenset(
    {
        "MARQUEE_HOME",
        "MARQUEE_PROFILE",
        "MARQUEE_CACHE",
        "MARQUEE_DATA",
        "MARQUEE_TEST_HOME",
        "MARQUEE_MAVEN_URL",
        "MARQUEE_PYTHON",
    }
)
"""Variables with the prefix that are not settings of a component."""
Fields = Mapping[FieldPath, SettingField]


@dataclass(frozen=True, slots=True)
class ValueOrigin:
    """The origin of a value; `name` is the profile, the file or the variable."""

    kind: Literal["default", "profile", "file", "environment"]
    name: str = ""

    def __str__(self) -> str:
        return f"{self.kind} {self.name}".rstrip()


@dataclass(frozen=True, slots=True)
class SourcedValue:
    """A converted value and its origin."""

    path: FieldPath
    value: object
    origin: ValueOrigin


def profile_values(profile: str, declared: Fields) -> Iterator[SourcedValue]:
    """Yield the values of a profile that ships with the package."""
    text = files("infra.settings").joinpath(f"{profile}.toml").read_text(encoding="utf-8")
    return _toml_values(tomllib.loads(text), declared, ValueOrigin("profile", profile))


def file_values(path: Path, declared: Fields) -> Iterator[SourcedValue]:
    """Yield the values of a settings file; a file that does not exist has none.

    Raises:
        SetupError: it cannot be read, or has an unknown name or a value of the wrong type.
    """
    try:
        table = tomllib.loads(path.read_text(encoding="utf-8"))
    except FileNotFoundError:
        return iter(())
    except (OSError, ValueError) as error:
        raise SetupError(f"{path} cannot be read: {error}") from error
    return _toml_values(table, declared, ValueOrigin("file", str(path)))


def environment_values(env: Mapping[str, str], declared: Fields) -> Iterator[SourcedValue]:
    """Yield the values of the MARQUEE_<SECTION>__<FIELD> variables.

    Raises:
        SetupError: a variable sets no field, or has a value of the wrong type.
    """
    by_variable = {field.variable: field for field in declared.values()}
    for name in sorted(env):
        if not name.startswith(PREFIX) or name in RESERVED:
            continue
        origin = ValueOrigin("environment", name)
        field = by_variable.get(name)
        if field is not None:
            yield _converted(field, env[name], origin)
        else:
            yield _from_file(name, env, by_variable, declared)


def _from_file(
    name: str, env: Mapping[str, str], by_variable: Mapping[str, SettingField], declared: Fields
) -> SourcedValue:
    """Return the secret in the file that a variable with the suffix names."""
    field = by_variable.get(name.removesuffix(FILE_SUFFIX))
    if field is None or not field.is_secret:
        path = tuple(name.removeprefix(PREFIX).lower().split("__"))
        raise SetupError(_unknown(path, declared, ValueOrigin("environment", name)))
    if field.variable in env:
        raise SetupError(f"{field.variable} and {name} are both set; set one of them.")
    try:
        text = Path(env[name]).read_text(encoding="utf-8").strip()
    except OSError as error:
        raise SetupError(f"{name} names a file that cannot be read: {error}") from error
    return SourcedValue(field.path, Secret(text), ValueOrigin("environment", name))


def _toml_values(
    table: Mapping[str, object], declared: Fields, origin: ValueOrigin, above: FieldPath = ()
) -> Iterator[SourcedValue]:
    for key, value in table.items():
        path = (*above, key)
        field = declared.get(path)
        if field is not None:
            yield _converted(field, value, origin)
        elif isinstance(value, Mapping) and _is_section_path(path, declared):
            yield from _toml_values(value, declared, origin, path)
        else:
            raise SetupError(_unknown(path, declared, origin))


def _converted(field: SettingField, value: object, origin: ValueOrigin) -> SourcedValue:
    """Convert a value. Raises SetupError with the field, its origin and the accepted values."""
    try:
        if field.is_secret:
            return SourcedValue(field.path, _secret(value), origin)
        if origin.kind == "environment" and isinstance(value, str):
            return SourcedValue(field.path, from_text(field.hint, value), origin)
        return SourcedValue(field.path, from_toml(field.hint, value), origin)
    except ValueError as error:
        text = "this value" if field.is_secret else repr(value)
        raise SetupError(f"'{field.name}' must be {error}, not {text} ({origin}).") from None


def _secret(value: object) -> Secret:
    if not isinstance(value, str):
        raise ValueError(expected(Secret))
    return Secret(value)


def _is_section_path(path: FieldPath, declared: Fields) -> bool:
    return any(inner[: len(path)] == path for inner in declared)


def _unknown(path: FieldPath, declared: Fields, origin: ValueOrigin) -> str:
    """Return a message with the unknown name, its origin and the nearest declared name."""
    name = ".".join(path)
    if name in {"home", "profile"}:
        return f"'{name}' cannot be set in {origin}; set {PREFIX}{name.upper()} in the environment."
    if _is_section_path(path, declared):
        return f"'{name}' in {origin} is a section, not a value."
    names = [field.name for field in declared.values()]
    same_field = [field.name for field in declared.values() if field.path[-1] == path[-1]]
    sections = sorted(
        {".".join(inner[: len(path)]) for inner in declared if len(inner) > len(path)}
    )
    nearest = (
        difflib.get_close_matches(name, names, 1, cutoff=0.8)
        or same_field[:1]
        or difflib.get_close_matches(name, [*names, *sections], 1)
    )
    hint = f"did you mean '{nearest[0]}'?" if nearest else "`marquee settings` lists all of them."
    return f"There is no setting '{name}' ({origin}); {hint}"
