"""`marquee status`."""

from typing import TYPE_CHECKING, Annotated

import typer

if TYPE_CHECKING:
    from infra.local import stack


def status(
    as_json: Annotated[
        bool, typer.Option("--json", help="One JSON document instead of a table.")
    ] = False,
) -> None:
    """Show what runs on this machine, where, and with how much memory."""
    from infra.local import stack
    from infra.settings import load_settings

    found = stack.status(load_settings())
    if as_json:
        _print_json(found)
    else:
        _print_table(found)
    if not all(service.answers for service in found):
        raise typer.Exit(1)


def _print_json(found: "list[stack.Status]") -> None:
    import json
    from dataclasses import asdict

    print(json.dumps([asdict(service) for service in found], default=str, indent=2))


def _print_table(found: "list[stack.Status]") -> None:
    from rich.console import Console
    from rich.table import Table

    table = Table("service", "state", "address", "pid", "memory", "log")
    for service in found:
        state = (
            "[green]running[/green]"
            if service.answers
            else "[yellow]not answering[/yellow]"
            if service.pid
            else "[red]stopped[/red]"
        )
        memory = f"{service.memory_mb} MB" if service.memory_mb else ""
        table.add_row(
            service.name, state, service.address, str(service.pid or ""), memory, str(service.log)
        )
    Console().print(table)
