"""`marquee import movielens`."""

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

if TYPE_CHECKING:
    from rich.console import Console

    from infra.importers.movielens import ImportReport

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
    from rich.console import Console

    from infra.importers.movielens import import_movielens
    from infra.progress import counting
    from infra.settings import load_settings
    from infra.wiring import open_log
    from shared.clock import SystemClock

    out = Console(stderr=True)
    log = open_log(load_settings())
    producer = log.producer()
    try:
        with counting(out, "events written") as progress:
            report = import_movielens(
                path, producer, SystemClock(), keep_times=keep_times, report_progress=progress
            )
    finally:
        producer.close()
        log.close()
    _print(report, out)


def _print(report: "ImportReport", out: "Console") -> None:
    out.print(
        f"{report.form}: {report.titles:,} titles, {report.profiles:,} profiles, "
        f"{report.ratings:,} ratings; {report.events:,} events written"
    )
    problems = report.problems
    if problems.total:
        out.print(f"[yellow]{problems.total:,} malformed lines were skipped[/yellow], for example:")
        for line in problems.examples:
            out.print(f"  {line}", markup=False, highlight=False)
