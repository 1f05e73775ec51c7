"""The command line `marquee`: a table of commands, and what becomes of an error."""

import sys

import typer

from infra.commands import (
    demo,
    down,
    importing,
    jars,
    nearline,
    nightly,
    offline_steps,
    online,
    page,
    rebuild,
    rollback,
    schemas,
    signals,
    status,
    up,
    world,
)
from shared.errors import GateFailed, LeaseHeld, MarqueeError, SetupError

EXIT_CODES: dict[type[MarqueeError], int] = {SetupError: 2, GateFailed: 3, LeaseHeld: 4}
"""Schedulers tell these apart; any other error that Marquee raises on purpose is 1."""

app = typer.Typer(
    help="The recommendation platform of a streaming service, on this machine or on your clusters.",
    no_args_is_help=True,
    pretty_exceptions_enable=False,
    add_completion=False,
    context_settings={"help_option_names": ["-h", "--help"]},
)

app.command()(up.up)
app.command()(down.down)
app.command()(status.status)
app.command()(jars.jars)
app.command()(demo.demo)
app.command()(nightly.nightly)
app.command()(offline_steps.offline)
app.command()(rollback.rollback)
app.command()(nearline.nearline)
app.command()(online.online)
app.command()(page.page)
app.command()(signals.signals)
app.command()(rebuild.rebuild)
app.command()(schemas.schemas)
app.add_typer(importing.importing, name="import")
app.add_typer(world.world, name="world")


def main() -> None:
    """Run a command; an error raised on purpose becomes one sentence on stderr and an exit code."""
    try:
        app()
    except MarqueeError as error:
        print(f"marquee: {error}", file=sys.stderr)
        sys.exit(exit_code(error))


def exit_code(error: MarqueeError) -> int:
    """The process's exit code for an error."""
    return next((code for kind, code in EXIT_CODES.items() if isinstance(error, kind)), 1)


if __name__ == "__main__":
    main()
