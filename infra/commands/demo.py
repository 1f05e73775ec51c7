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
            "--data", help="A MovieLens folder to tell the story on.", exists=True, file_okay=False
        ),
    ] = None,
    stop: Annotated[
        bool, typer.Option("--stop", help="Stop a demo that was kept, and remove its folder.")
    ] = False,
) -> None:
    """Tell the whole story of the platform in a few minutes, and clean up after it."""
    from rich.console import Console

    from infra.demo.place import clear_place, demo_settings
    from infra.demo.story import Telling, tell
    from infra.settings import load_settings

    # Tables do not fit the 80 columns that a pipe or a CI log counts as.
    console, settings = Console(width=None if sys.stdout.isatty() else LOG_WIDTH), load_settings()
    if stop:
        stopped = clear_place(demo_settings(settings))
        console.print(f"stopped {', '.join(stopped)}" if stopped else "no demo was running")
        return
    tell(settings, Telling(keep=keep, data=data), console)
