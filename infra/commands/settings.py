"""`marquee settings`."""

from typing import TYPE_CHECKING, Annotated

import typer

if TYPE_CHECKING:
    from collections.abc import Sequence

    from infra.settings.fields import SettingField
    from infra.settings.load import LoadedSettings


def settings(
    section: Annotated[
        str, typer.Argument(help="Only this section, such as kafka or offline.gates.")
    ] = "",
    set_only: Annotated[
        bool, typer.Option("--set", help="Only fields that a file or the environment sets.")
    ] = False,
    as_json: Annotated[
        bool, typer.Option("--json", help="Print one JSON document instead of tables.")
    ] = False,
) -> None:
    """Show every setting with its value, its origin and its documentation.

    settings.toml in the home folder sets a field, such as `margin` in the table `offline.gates`.
    The environment variable MARQUEE_OFFLINE__GATES__MARGIN overrides the file. Secrets are shown
    as ***; a variable with the suffix _FILE names a file with a secret.

    Example: marquee settings offline.gates
    """
    from infra.settings.load import component_fields, load_with_origins
    from shared.errors import SetupError

    loaded = load_with_origins()
    above = tuple(section.split(".")) if section else ()
    fields = [
        field
        for field in component_fields()
        if field.path[: len(above)] == above and (field.path in loaded.origins or not set_only)
    ]
    if not fields and not set_only:
        raise SetupError(f"There is no section '{section}'; `marquee settings` lists all of them.")
    if as_json:
        _print_settings(fields, loaded)
    else:
        _print_sections(fields, loaded)


def _print_settings(fields: "Sequence[SettingField]", loaded: "LoadedSettings") -> None:
    import json

    document = {
        "home": str(loaded.settings.home),
        "profile": loaded.settings.profile,
        "settings": [
            {
                "name": field.name,
                "value": _printable(field, loaded),
                "origin": str(loaded.origin(field)),
                "variable": field.variable,
                "doc": field.doc,
            }
            for field in fields
        ],
    }
    print(json.dumps(document, default=str, indent=2))


def _print_sections(fields: "Sequence[SettingField]", loaded: "LoadedSettings") -> None:
    from itertools import groupby

    from rich.console import Console
    from rich.table import Table
    from rich.text import Text

    out = Console()
    out.print(f"home {loaded.settings.home}, profile {loaded.settings.profile}", highlight=False)
    for path, group in groupby(fields, key=lambda field: field.path[:-1]):
        table = Table(
            "field", "value", "origin", "documentation", title=".".join(path), title_justify="left"
        )
        for field in group:
            value, origin = str(_printable(field, loaded)), str(loaded.origin(field))
            table.add_row(*map(Text, (field.path[-1], value, origin, field.doc)))
        out.print(table)


def _printable(field: "SettingField", loaded: "LoadedSettings") -> object:
    """Return the value of a field; a secret is masked."""
    value = loaded.value(field)
    if field.is_secret:
        from infra.settings.convert import to_text

        return "***" if to_text(value) else ""
    return value
