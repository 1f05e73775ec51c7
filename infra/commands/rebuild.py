"""`marquee rebuild`."""

from typing import Annotated

import typer


def rebuild(
    accept_gap: Annotated[
        bool,
        typer.Option(
            "--accept-gap", help="Continue although records were deleted before a worker read them."
        ),
    ] = False,
) -> None:
    """Accept topics that were deleted and created again.

    Run it when `marquee nearline` refuses to start because a topic is another incarnation. The
    worker then folds the new topic from its start, on top of the stored state.
    """
    from contextlib import closing

    from rich.console import Console

    from infra.settings import load_settings
    from infra.wiring import open_log, open_store
    from nearline.upkeep.rebuild import accept_gap as skip_gap
    from nearline.upkeep.rebuild import accept_incarnations
    from shared.topics import CATALOG, EXPOSURES, SIGNALS

    settings, out = load_settings(), Console(stderr=True)
    with closing(open_log(settings)) as log, closing(open_store(settings)) as store:
        accepted = accept_incarnations(log, store, (SIGNALS, EXPOSURES, CATALOG))
        for topic in accepted:
            out.print(
                f"topic {topic.topic} is now incarnation {topic.number} ({topic.incarnation}); "
                "it will be folded from its start"
            )
        if accept_gap:
            lost = skip_gap(log, store, settings.nearline.worker.group, (SIGNALS, EXPOSURES))
            for partition, count in sorted(lost.items()):
                out.print(
                    f"{partition.topic}/{partition.index}: {count} records were deleted before "
                    "they were folded"
                )
            if not lost:
                out.print("no record was lost")
        elif not accepted:
            out.print("every topic has the recorded incarnation: nothing to do")
