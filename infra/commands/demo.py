"""`marquee demo`."""

import sys
from pathlib import Path
from typing import Annotated

import typer

LOG_WIDTH = 120


def demo(
    keep: Annotated[
        bool, typer.Option("--keep", help="Leave everything running at the end.")
    ] = False,
    data: Annotated[
        Path | None,
        typer.Option(
            "--data",
            help="Use a MovieLens folder instead of simulated members.",
            exists=True,
            file_okay=False,
        ),
    ] = None,
    stop: Annotated[
        bool,
        typer.Option("--stop", help="Stop a demo that --keep left running, and remove its folder."),
    ] = False,
) -> None:
    """Run the whole platform on simulated members in a few minutes.

    The demo starts everything in a separate home folder, shows how events change pages, trains and
    publishes models, and stops everything at the end.

    Example: marquee demo --keep, then marquee demo --stop
    """
    from rich.console import Console

    from infra.demo.demo import DemoOptions, run_demo
    from infra.demo.home import demo_settings, remove_home
    from infra.settings import load_settings

    # Tables do not fit the 80 columns that rich assumes for a pipe or a CI log.
    console, settings = Console(width=None if sys.stdout.isatty() else LOG_WIDTH), load_settings()
    if stop:
        stopped = remove_home(demo_settings(settings))
        console.print(f"stopped {', '.join(stopped)}" if stopped else "no demo was running")
        return
    run_demo(settings, DemoOptions(keep=keep, data=data), console)
