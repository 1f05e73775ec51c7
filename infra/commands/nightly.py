"""`marquee nightly`."""

from typing import TYPE_CHECKING, Annotated

import typer

if TYPE_CHECKING:
    from offline.nightly import RunOutcome

AcceptGap = Annotated[
    bool,
    typer.Option(
        "--accept-gap",
        help="Continue although the log deleted records before they were ingested. The missing "
        "records are counted and are not recoverable.",
    ),
]


def nightly(accept_gap: AcceptGap = False) -> None:
    """Ingest new records, train and evaluate models, compute candidates and publish a generation.

    Run it once a day, at any time; repeating it is safe. An interrupted run is resumed, and nothing
    is published when nothing has changed. Exit codes: 2 the machine or the settings are not ready,
    3 a gate refused the data or a model, 4 another run is active, 1 any other error.
    """
    run_offline(accept_gap=accept_gap, until=None)


def run_offline(*, accept_gap: bool, until: str | None) -> None:
    """Run the schedule up to and including the step `until`, or all of it (None).

    Prints one line per step to stderr.
    """
    from rich.console import Console

    from infra.run_context import open_run_context
    from infra.settings import load_settings
    from offline.nightly import nightly as run_nightly
    from offline.nightly import select_steps
    from offline.schedule import build_schedule
    from offline.training.recipes import select_recipes
    from shared.clock import SystemClock

    console, clock = Console(stderr=True, highlight=False), SystemClock()
    began_s = clock.monotonic_s()
    with console.status("starting") as status:

        def progress(line: str) -> None:
            console.print(line)
            status.update(f"{line.split(':', 1)[0]} is done; the next step runs")

        settings = load_settings()
        # A wrong step is refused before Spark starts.
        select_steps(build_schedule(select_recipes(settings.offline.recipes)), until)
        with open_run_context(settings, progress) as context:
            outcome = run_nightly(context, accept_gap=accept_gap, until=until)
    console.print(f"{_summary(outcome, until)} ({clock.monotonic_s() - began_s:.0f} s)")


def _summary(outcome: "RunOutcome", until: str | None) -> str:
    generation = f"generation {outcome.generation_id}"
    return {
        "published": f"{generation} is live",
        "unchanged": f"{generation} is live; nothing has changed since it was published",
        "rolled_back": f"{generation}, made from the same data, was rolled back; nothing to do",
        "stopped": f"stopped after step {until}, as requested",
    }[outcome.status]
