"""The command line `marquee`: the table of commands, and the exit code of an error."""

import sys

import typer

from infra.commands import (
    demo,
    importing,
    nearline,
    nightly,
    offline_steps,
    online,
    page,
    rebuild,
    rollback,
    schemas,
    settings,
    signals,
    stack,
    world,
)
from shared.errors import GateFailed, LeaseHeld, MarqueeError, SetupError

EXIT_CODES: dict[type[MarqueeError], int] = {SetupError: 2, GateFailed: 3, LeaseHeld: 4}
"""Exit codes that schedulers can act on; every other MarqueeError is 1."""

app = typer.Typer(
    help=(
        "The recommendation platform of a streaming service, on this machine or on your clusters. "
        "Start with `marquee demo`, or with `marquee up` and `marquee world generate`."
    ),
    no_args_is_help=True,
    pretty_exceptions_enable=False,
    add_completion=False,
    context_settings={"help_option_names": ["-h", "--help"]},
)

app.command()(stack.up)
app.command()(stack.down)
app.command()(stack.status)
app.command()(stack.jars)
app.command()(settings.settings)
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
    """Run a command; a MarqueeError becomes one sentence on stderr and an exit code."""
    try:
        app()
    except MarqueeError as error:
        print(f"marquee: {error}", file=sys.stderr)
        sys.exit(exit_code(error))


def exit_code(error: MarqueeError) -> int:
    """Return the process's exit code for an error."""
    return next((code for kind, code in EXIT_CODES.items() if isinstance(error, kind)), 1)


if __name__ == "__main__":
    main()
