"""`marquee jars`."""

from typing import Annotated

import typer


def jars(
    lock: Annotated[
        bool,
        typer.Option(
            "--lock", help="Resolve coordinates.toml anew and write jars.lock; for maintainers."
        ),
    ] = False,
) -> None:
    """Fetch the jars of Kafka, Cassandra and Spark's lake into the per-user cache."""
    from pathlib import Path

    from infra import local
    from infra.local.jars import jars as fetch
    from infra.local.jars import resolve_lock, sets

    if lock:
        Path(local.__path__[0], "jars.lock").write_text(resolve_lock(), encoding="utf-8")
    for name in sets():
        fetch(name)
