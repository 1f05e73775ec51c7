"""`marquee rebuild`."""

from typing import Annotated

import typer


def rebuild(
    accept_gap: Annotated[
        bool,
        typer.Option(
            "--accept-gap", help="Go on although records were lost that no worker has read."
        ),
    ] = False,
) -> None:
    """Accept a log that was deleted and created again: nearline folds it from its start, on top of
    the state it kept.
    """
    from contextlib import closing

    from rich.console import Console

    from infra.settings import load_settings
    from infra.wiring import open_log, open_store
    from nearline.upkeep.rebuild import accept_gap as move_over_gap
    from nearline.upkeep.rebuild import accept_incarnations
    from shared.topics import CATALOG, EXPOSURES, SIGNALS

    settings, out = load_settings(), Console(stderr=True)
    with closing(open_log(settings)) as log, closing(open_store(settings)) as store:
        for topic in (accepted := accept_incarnations(log, store, (SIGNALS, EXPOSURES, CATALOG))):
            out.print(
                f"topic {topic.topic} is now incarnation {topic.number} ({topic.incarnation}); it will be folded from its start"
            )
        if accept_gap:
            lost = move_over_gap(log, store, settings.nearline.worker.group, (SIGNALS, EXPOSURES))
            for partition, count in sorted(lost.items()):
                out.print(
                    f"{partition.topic}/{partition.index}: {count} records are gone, and were never folded"
                )
            if not lost:
                out.print("no record was lost")
        elif not accepted:
            out.print("every topic is the one that was folded: nothing to do")
