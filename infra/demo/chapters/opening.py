"""Kafka and Cassandra start, in a home of the demo's own."""

from infra import schema
from infra.demo.stage import Stage
from infra.local import stack
from infra.local.status import service_statuses


def open_stage(stage: Stage) -> None:
    """An empty Kafka and an empty Cassandra, with topics and tables."""
    settings = stage.settings
    with stage.console.status("starting Kafka and Cassandra"):
        stack.start(settings)
        applied = schema.apply(settings)
    for service in service_statuses(settings):
        stage.say(
            f"{service.name} answers on {service.address} (process {service.pid}, {service.memory_mb} MB)"
        )
    stage.say(
        f"topics {', '.join(applied.topics_created)}; everything lies under {settings.home}, which the next demo wipes"
    )
