"""Where everything answers, when the demo is kept."""

import shlex

from infra.demo.stage import Stage
from shared.ids import ProfileId


def say_where(stage: Stage, profile_id: ProfileId) -> None:
    """The addresses, how to look around as the member, and how to stop it all."""
    settings = stage.settings
    online = f"http://127.0.0.1:{settings.online.port}"
    home = shlex.quote(str(settings.home))
    stage.say("Everything is left running:")
    for line in (
        f"page API    {online}/v1/profiles/PROFILE/page   {online}/docs   {online}/metrics",
        f"nearline    http://127.0.0.1:{settings.nearline.metrics_port}/metrics",
        f"Kafka       {settings.kafka.servers}",
        f"Cassandra   127.0.0.1:{settings.cassandra.port}",
        f"logs        {settings.home / 'logs'}",
        f"look around MARQUEE_HOME={home} .venv/bin/marquee page {shlex.quote(profile_id)}",
        "stop it all .venv/bin/marquee demo --stop",
    ):
        stage.console.print("  " + line, markup=False, highlight=False, soft_wrap=True)
