"""`marquee import movielens`."""

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

if TYPE_CHECKING:
    from rich.console import Console

    from infra.importers.movielens_forms import DataSet

importing = typer.Typer(
    help="Import a public data set as titles, profiles and events.", no_args_is_help=True
)


@importing.callback()
def _importing() -> None:
    """Import a public data set as titles, profiles and events."""


@importing.command()
def movielens(
    path: Annotated[
        Path,
        typer.Argument(
            help="A folder of ml-latest(-small), ML-1M or ML-100K.", exists=True, file_okay=False
        ),
    ],
    keep_times: Annotated[
        bool,
        typer.Option(
            "--keep-times", help="Keep the original times instead of moving the last event to now."
        ),
    ] = False,
) -> None:
    """Write the movies, members, plays and ratings of a MovieLens folder to the log.

    Example: marquee import movielens ~/data/ml-latest-small
    """
    from contextlib import closing

    from rich.console import Console

    from infra.importers.movielens import import_movielens
    from infra.importers.movielens_forms import read
    from infra.progress import counting
    from infra.settings import load_settings
    from infra.wiring import open_log
    from shared.clock import SystemClock

    out, settings = Console(stderr=True), load_settings()
    with out.status(f"reading {path}"):
        data = read(path)
    with (
        closing(open_log(settings)) as log,
        closing(log.producer()) as producer,
        counting(out, "events written") as progress,
    ):
        count = import_movielens(
            data, producer, SystemClock(), keep_times=keep_times, report_progress=progress
        )
    _print(data, count, out)


def _print(data: "DataSet", count: int, out: "Console") -> None:
    out.print(f"{data}; {count:,} events written")
    problems = data.problems
    if problems.total:
        out.print(f"[yellow]{problems.total:,} malformed lines were skipped[/yellow], for example:")
        for line in problems.examples:
            out.print(f"  {line}", markup=False, highlight=False)
