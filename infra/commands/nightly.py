"""`marquee nightly`."""

from typing import Annotated

import typer


def nightly(
    accept_gap: Annotated[
        bool, typer.Option(help="Go on although records left the log before they were read.")
    ] = False,
) -> None:
    """Take in what is new, train, measure, gate, compute candidates and publish; a killed run goes
    on where it stopped.
    """
    run_offline(accept_gap=accept_gap, until=None)


def run_offline(*, accept_gap: bool, until: str | None) -> None:
    """Run the schedule, all of it or up to a step, and say how it ended: a line a step on stderr."""
    from rich.console import Console

    from infra.run_context import open_run_context
    from infra.settings import load_settings
    from offline.jobs import nightly as run
    from shared.clock import SystemClock

    out, clock = Console(stderr=True, highlight=False), SystemClock()
    began = clock.monotonic_s()
    with out.status("offline") as status:

        def tell(line: str) -> None:
            out.print(line)
            status.update(f"after {line.split(':', 1)[0]}")

        with open_run_context(load_settings(), tell) as context:
            outcome = run(context, accept_gap=accept_gap, until=until)
    said = {
        "published": "generation {} is live",
        "unchanged": "nothing new since generation {}, which is live",
        "taken_back": "generation {} was made from this very input, and is not live any more: nothing to do",
        "stopped": "stopped there",
    }
    out.print(
        f"{said[outcome.status].format(outcome.generation_id)} ({clock.monotonic_s() - began:.0f} s)"
    )
