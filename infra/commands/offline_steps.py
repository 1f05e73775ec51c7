"""`marquee offline STEP`."""

from typing import Annotated

import typer


def offline(
    step: Annotated[
        str,
        typer.Argument(
            help="ingest, dataset, train:RECIPE, judge, refit:RECIPE, roles, candidates, report or publish."
        ),
    ],
    accept_gap: Annotated[
        bool, typer.Option(help="Go on although records left the log before they were read.")
    ] = False,
) -> None:
    """Run one step of the nightly, and before it whatever it needs that was not done yet for the
    lake's present content.
    """
    from infra.commands.nightly import run_offline

    run_offline(accept_gap=accept_gap, until=step)
