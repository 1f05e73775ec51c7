"""`marquee up`."""

import time


def up() -> None:
    """Start Kafka and Cassandra on this machine, and create topics and tables."""
    from rich.console import Console

    from infra import schema
    from infra.local import stack
    from infra.settings import load_settings

    settings, out, began = load_settings(), Console(stderr=True), time.monotonic()
    with out.status("starting Kafka and Cassandra"):
        started = stack.start(settings)
        applied = schema.apply(settings)
    for service in stack.status(settings):
        out.print(
            f"{service.name:<10} {'started' if service.name in started else 'already running'} on {service.address}"
        )
    for topic in applied.replaced:
        out.print(
            f"[red]The topic {topic} is not the one that stored positions speak of: run `marquee rebuild`.[/red]"
        )
    out.print(f"ready after {time.monotonic() - began:.1f} s; logs in {settings.home / 'logs'}")
