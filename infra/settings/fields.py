"""The settings as a list of fields, read from the dataclasses that declare them."""

import ast
import inspect
import operator
import textwrap
from collections.abc import Iterator
from dataclasses import dataclass, fields, is_dataclass
from typing import get_type_hints

from shared.secret import Secret

PREFIX = "MARQUEE_"
FILE_SUFFIX = "_FILE"
"""A variable with this suffix names a file with the value of a secret."""
FieldPath = tuple[str, ...]


@dataclass(frozen=True, slots=True)
class SettingField:
    """One field of one component."""

    path: FieldPath
    """Sections from the outermost, then the field."""
    hint: object
    """The declared type."""
    section: type[object]
    """The dataclass that declares the field."""

    @property
    def doc(self) -> str:
        """The docstring below the field, as one line; empty without one."""
        return field_docs(self.section).get(self.path[-1], "")

    @property
    def name(self) -> str:
        """The name in `settings.toml`, sections included."""
        return ".".join(self.path)

    @property
    def variable(self) -> str:
        """The environment variable that sets the field."""
        return variable_of(self.name)

    def value_in(self, settings: object) -> object:
        """Return the value of the field in an instance of the outermost section."""
        return operator.attrgetter(self.name)(settings)

    @property
    def is_secret(self) -> bool:
        """Whether the value must not be printed."""
        return self.hint is Secret


def variable_of(name: str) -> str:
    """Return the environment variable that sets a field, by the field's name with sections."""
    return PREFIX + name.replace(".", "__").upper()


def is_section(hint: object) -> bool:
    """Whether a declared type is a group of fields."""
    return isinstance(hint, type) and is_dataclass(hint) and hint is not Secret


def section_hints(section: type[object]) -> dict[str, object]:
    """Return the declared type of every field of a section, in order."""
    if not is_dataclass(section):
        raise TypeError(section)
    hints = get_type_hints(section)
    return {field.name: hints[field.name] for field in fields(section)}


def setting_fields(section: type[object], path: FieldPath = ()) -> Iterator[SettingField]:
    """Yield every field below a section, depth first, in the order of declaration."""
    for name, hint in section_hints(section).items():
        if isinstance(hint, type) and is_section(hint):
            yield from setting_fields(hint, (*path, name))
        else:
            yield SettingField((*path, name), hint, section)


def field_docs(section: type[object]) -> dict[str, str]:
    """Return the docstrings below the fields of a dataclass; fields without one are left out."""
    [definition] = ast.parse(textwrap.dedent(inspect.getsource(section))).body
    if not isinstance(definition, ast.ClassDef):
        raise TypeError(section)
    docs = {}
    for statement, following in zip(definition.body, definition.body[1:], strict=False):
        if (
            isinstance(statement, ast.AnnAssign)
            and isinstance(statement.target, ast.Name)
            and isinstance(following, ast.Expr)
            and isinstance(following.value, ast.Constant)
        ):
            docs[statement.target.id] = " ".join(str(following.value.value).split())
    return docs
