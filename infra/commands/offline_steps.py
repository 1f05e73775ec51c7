"""`marquee offline STEP`."""

from typing import Annotated

import typer

from infra.commands.nightly import AcceptGap, run_offline

STEPS_HELP = (
    "One of ingest, dataset, train:RECIPE (for example train:ease), judge, roles, candidates, "
    "report, publish."
)


def offline(
    step: Annotated[str, typer.Argument(help=STEPS_HELP)], accept_gap: AcceptGap = False
) -> None:
    """Run one step of the nightly run, after the steps that it needs.

    Steps that have finished for the lake's current content are not run again. `marquee nightly`
    continues where this command stopped.
    """
    run_offline(accept_gap=accept_gap, until=step)
