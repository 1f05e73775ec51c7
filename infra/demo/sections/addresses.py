"""Addresses and commands for a demo that was started with --keep."""

import shlex

from infra.demo.run import DemoRun
from shared.ids import ProfileId


def show_addresses(run: DemoRun, profile_id: ProfileId) -> None:
    """Print the addresses, how to show the member's page, and how to stop the demo."""
    settings = run.settings
    online = f"http://127.0.0.1:{settings.online.port}"
    home = shlex.quote(str(settings.home))
    run.print("Everything is still running:")
    for line in (
        f"page API    {online}/v1/profiles/PROFILE/page   {online}/docs   {online}/metrics",
        f"nearline    http://127.0.0.1:{settings.nearline.metrics_port}/metrics",
        f"Kafka       {settings.kafka.servers}",
        f"Cassandra   127.0.0.1:{settings.cassandra.port}",
        f"logs        {settings.home / 'logs'}",
        f"show a page MARQUEE_HOME={home} .venv/bin/marquee page {shlex.quote(profile_id)}",
        "stop        .venv/bin/marquee demo --stop",
    ):
        run.console.print("  " + line, markup=False, highlight=False, soft_wrap=True)
