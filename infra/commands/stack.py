"""`marquee up`, `down`, `status` and `jars`: Kafka and Cassandra on this machine."""

from typing import TYPE_CHECKING, Annotated

import typer

if TYPE_CHECKING:
    from collections.abc import Iterable

    from infra.local.status import ServiceStatus


def up(
    alter_topics: Annotated[
        bool,
        typer.Option(
            "--alter-topics",
            help="Change retention and compaction of existing topics to the expected values.",
        ),
    ] = False,
) -> None:
    """Start Kafka and Cassandra on this machine, and create topics and tables.

    If kafka.bootstrap or cassandra.hosts name an existing cluster, no service is started for it;
    topics and tables are created in it, and existing ones are compared with the expected ones. A
    second run changes nothing.

    Example: marquee up && marquee status
    """
    import time

    from rich.console import Console

    from infra import schema
    from infra.local import stack
    from infra.local.status import service_statuses
    from infra.settings import load_settings

    settings, out, start_s = load_settings(), Console(stderr=True), time.monotonic()
    with out.status("starting Kafka and Cassandra"):
        started = stack.start(settings)
        applied = schema.apply(settings, alter_topics=alter_topics)
    for service in service_statuses(settings):
        state = "started" if service.name in started else service.state
        out.print(f"{service.name:<10} {state} at {service.address}")
    for topic in applied.replaced:
        out.print(
            f"[red]The topic {topic} was deleted and created again: its stored positions do not "
            "apply. Run `marquee rebuild`.[/red]"
        )
    out.print(f"ready after {time.monotonic() - start_s:.1f} s; logs in {settings.home / 'logs'}")


def down() -> None:
    """Stop Kafka and Cassandra on this machine; their data stays.

    Tiers that `marquee demo --keep` left running are stopped too.
    """
    from rich.console import Console

    from infra.local import stack
    from infra.local.tiers import NEARLINE, ONLINE, stop_tiers
    from infra.settings import load_settings

    settings, out = load_settings(), Console(stderr=True)
    with out.status("stopping"):
        stopped = [*stop_tiers(settings, (ONLINE.name, NEARLINE.name)), *stack.stop(settings)]
    out.print(f"stopped {' and '.join(stopped)}" if stopped else "nothing was running")


def status(
    as_json: Annotated[
        bool, typer.Option("--json", help="Print one JSON document instead of a table.")
    ] = False,
) -> None:
    """Show whether Kafka and Cassandra run or can be reached, and where.

    Services on this machine are shown with process id, memory and log file, existing clusters with
    each configured address. "port in use" means that another program, or a service of another
    home folder, listens on the port. The exit code is 1 unless every service is up.
    """
    from infra.local.status import service_statuses
    from infra.settings import load_settings

    services = service_statuses(load_settings())
    if as_json:
        _print_json(services)
    else:
        _print_table(services)
    if not all(service.is_up for service in services):
        raise typer.Exit(1)


def jars(
    lock: Annotated[
        bool,
        typer.Option(
            "--lock",
            help="Resolve infra/local/coordinates.toml and write jars.lock; for maintainers.",
        ),
    ] = False,
) -> None:
    """Download the jars of Kafka, Cassandra and Iceberg into the user's cache.

    Other commands download the jars that they need. MARQUEE_CACHE moves the cache,
    MARQUEE_MAVEN_URL names a mirror of Maven Central.
    """
    from pathlib import Path

    from infra import local
    from infra.local.jars import jar_sets, jars, resolve_lock

    if lock:
        Path(local.__path__[0], "jars.lock").write_text(resolve_lock(), encoding="utf-8")
    for name in jar_sets():
        jars(name)


def _print_json(services: "Iterable[ServiceStatus]") -> None:
    import json
    from dataclasses import asdict

    print(json.dumps([asdict(service) for service in services], default=str, indent=2))


def _print_table(services: "Iterable[ServiceStatus]") -> None:
    from rich.console import Console
    from rich.table import Table

    table = Table("service", "state", "address", "pid", "memory", "log")
    for service in services:
        color = "green" if service.is_up else "yellow" if service.pid else "red"
        memory = f"{service.memory_mb} MB" if service.memory_mb else ""
        table.add_row(
            service.name,
            f"[{color}]{service.state}[/{color}]",
            service.address,
            str(service.pid or ""),
            memory,
            str(service.log or ""),
        )
    Console().print(table)
