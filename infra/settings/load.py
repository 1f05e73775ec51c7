"""Build `Settings` from, weakest first: the profile's TOML, `settings.toml` in the home folder, the
environment.
"""

import os
import tomllib
from collections.abc import Mapping
from dataclasses import fields, is_dataclass
from importlib.resources import files
from pathlib import Path
from types import UnionType
from typing import Literal, Union, get_args, get_origin, get_type_hints

from infra.settings.sections import Settings
from shared.errors import SetupError

PROFILES = ("local", "cluster")
RESERVED = frozenset(
    {"MARQUEE_HOME", "MARQUEE_PROFILE", "MARQUEE_CACHE", "MARQUEE_DATA", "MARQUEE_TEST_HOME"}
)
"""Variables that are not fields of a section."""
PREFIX = "MARQUEE_"
Tree = dict[str, object]


def load_settings(profile: str | None = None, env: Mapping[str, str] = os.environ) -> Settings:
    """The settings of this process; call once, near `main`, and pass on the sections.

    MARQUEE_PROFILE names the profile when the caller does not; MARQUEE_HOME the home folder
    (default `.marquee` here); MARQUEE_<SECTION>__<FIELD> sets one field, lists separated by commas,
    values that belong together by colons.

    Raises:
        SetupError: an unknown profile, section or field, or a value of the wrong type; the message
            names the place.
    """
    profile = profile or env.get("MARQUEE_PROFILE", "local")
    if profile not in PROFILES:
        raise SetupError(
            f"There is no settings profile '{profile}'; choose one of {', '.join(PROFILES)}."
        )
    home = Path(env.get("MARQUEE_HOME") or ".marquee").absolute()
    tree: Tree = {}
    _merge(
        tree,
        tomllib.loads(
            files("infra.settings").joinpath(f"{profile}.toml").read_text(encoding="utf-8")
        ),
    )
    _merge(tree, _home_file(home / "settings.toml"))
    _merge(tree, _environment(env))
    for name in ("home", "profile"):
        if name in tree:
            raise SetupError(f"'{name}' is not set in a settings file; use MARQUEE_{name.upper()}.")
    settings = _build(Settings, {**tree, "home": home, "profile": profile}, "")
    if not isinstance(settings, Settings):
        raise TypeError(type(settings))
    return settings


def _home_file(path: Path) -> Tree:
    try:
        return tomllib.loads(path.read_text(encoding="utf-8"))
    except FileNotFoundError:
        return {}
    except (OSError, ValueError) as error:
        raise SetupError(f"{path} cannot be read: {error}") from error


def _environment(env: Mapping[str, str]) -> Tree:
    tree: Tree = {}
    for name in sorted(env):
        if not name.startswith(PREFIX) or name in RESERVED:
            continue
        path = name.removeprefix(PREFIX).lower().split("__")
        if len(path) == 1:
            raise SetupError(
                f"The environment variable {name} is not known; settings look like MARQUEE_KAFKA__PORT."
            )
        leaf: object = env[name]
        for key in reversed(path):
            leaf = {key: leaf}
        if isinstance(leaf, dict):
            _merge(tree, leaf)
    return tree


def _merge(into: Tree, tree: Mapping[str, object]) -> None:
    for key, value in tree.items():
        present = into.get(key)
        if isinstance(present, dict) and isinstance(value, Mapping):
            _merge(present, value)
        elif isinstance(value, Mapping):
            branch: Tree = {}
            into[key] = branch
            _merge(branch, value)
        else:
            into[key] = value


def _build(kind: type[object], tree: Mapping[str, object], where: str) -> object:
    if not is_dataclass(kind):
        raise TypeError(kind)
    hints = get_type_hints(kind)
    known = {f.name for f in fields(kind)}
    values: dict[str, object] = {}
    for key, value in tree.items():
        place = f"{where}.{key}" if where else key
        if key not in known:
            raise SetupError(
                f"There is no setting '{place}'; {where or 'the top level'} has {', '.join(sorted(known))}."
            )
        hint = hints[key]
        if isinstance(hint, type) and is_dataclass(hint):
            if not isinstance(value, Mapping):
                raise SetupError(f"The setting '{place}' is a section, not a value.")
            values[key] = _build(hint, value, place)
        else:
            values[key] = _convert(hint, value, place)
    return kind(**values)


def _convert(hint: object, value: object, place: str) -> object:
    try:
        return _value(hint, value)
    except ValueError as error:
        raise SetupError(f"The setting '{place}' must be {error}, not {value!r}.") from None


def _value(hint: object, value: object) -> object:
    """Raises ValueError saying in words what was expected."""
    origin, arguments = get_origin(hint), get_args(hint)
    if origin is Literal:
        if value not in arguments:
            raise ValueError("one of " + ", ".join(str(a) for a in arguments))
        return value
    if origin is tuple and arguments[-1] is not ...:
        return _group(arguments, value)
    if origin is tuple:
        return tuple(_value(arguments[0], v) for v in _listed(value))
    if origin in {Union, UnionType}:
        return (
            None
            if value in {None, ""}
            else _value(next(a for a in arguments if a is not type(None)), value)
        )
    if isinstance(hint, type):
        return _plain(hint, value)
    raise TypeError(f"settings fields of type {hint} are not supported")


def _group(hints: tuple[object, ...], value: object) -> tuple[object, ...]:
    """Values that belong together: a list in TOML, joined by colons in the environment."""
    parts = (
        value.split(":")
        if isinstance(value, str)
        else list(value)
        if isinstance(value, list)
        else []
    )
    if len(parts) != len(hints):
        raise ValueError(f"{len(hints)} values together")
    return tuple(_value(hint, part) for hint, part in zip(hints, parts, strict=True))


def _listed(value: object) -> list[object]:
    if isinstance(value, str):
        return [part.strip() for part in value.split(",") if part.strip()]
    if isinstance(value, list):
        return list(value)
    raise ValueError("a list")


_WORDS = {
    int: "a whole number",
    float: "a number",
    bool: "true or false",
    str: "text",
    Path: "a path",
}


def _plain(hint: type, value: object) -> object:
    if hint not in _WORDS:
        raise TypeError(f"settings fields of type {hint} are not supported")
    try:
        return _scalar(hint, value)
    except ValueError:
        raise ValueError(_WORDS[hint]) from None


def _scalar(hint: type, value: object) -> object:
    """TOML gives typed values, the environment gives text; a wrong TOML type is refused rather than
    bent.
    """
    if hint is bool and isinstance(value, str) and value.lower() in {"true", "false", "1", "0"}:
        return value.lower() in {"true", "1"}
    if isinstance(value, hint) and (hint is bool or not isinstance(value, bool)):
        return value
    if hint is Path and isinstance(value, str):
        return Path(value).expanduser()
    if hint in {int, float} and isinstance(value, str):
        return hint(value)
    if hint is float and isinstance(value, int) and not isinstance(value, bool):
        return float(value)
    raise ValueError
