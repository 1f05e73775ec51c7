"""Start an empty Kafka and an empty Cassandra in the demo's home."""

from infra import schema
from infra.demo.run import DemoRun
from infra.local import stack
from infra.local.status import service_statuses


def start_stack(run: DemoRun) -> None:
    """Start both services and create topics and tables."""
    settings = run.settings
    with run.console.status("starting Kafka and Cassandra"):
        stack.start(settings)
        applied = schema.apply(settings)
    for service in service_statuses(settings):
        process = f"process {service.pid}, {service.memory_mb} MB"
        run.print(f"{service.name} is ready on {service.address} ({process})")
    run.print(f"topics: {', '.join(applied.topics_created)}")
    run.print(f"all data is in {settings.home}, which the next demo deletes")
