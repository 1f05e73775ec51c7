"""A real Kafka and Cassandra for tests, with separate topics and tables per test."""

import os
import random
import uuid
from dataclasses import replace
from pathlib import Path

from infra import schema
from infra.local import stack
from infra.local.home import Home
from infra.local.ports import is_free
from infra.settings import Settings


class TestStack:
    """A running stack; `owned` means that this session started it, so tests may kill it."""

    __test__ = False

    def __init__(self, settings: Settings, homes: Path, *, owned: bool) -> None:
        self.settings = settings
        self.owned = owned
        self._homes = homes

    def fresh(self, partitions: int = 8) -> Settings:
        """Settings with a new topic prefix, keyspace and home folder; topics and tables exist.

        The settings name log and store as external clusters, so commands do not start or stop them.
        """
        name = f"t{uuid.uuid4().hex[:12]}"
        kafka = replace(
            self.settings.kafka,
            bootstrap=self.settings.kafka.servers,
            topic_prefix=f"{name}-",
            partitions=partitions,
        )
        cassandra = replace(
            self.settings.cassandra, hosts=self.settings.cassandra.address.hosts, keyspace=name
        )
        # One replica, because tests inspect the memory and the counters of the replica. Benchmarks
        # set more replicas themselves.
        online = replace(self.settings.online, replicas=1)
        settings = replace(
            self.settings, home=self._homes / name, kafka=kafka, cassandra=cassandra, online=online
        )
        settings.home.mkdir(parents=True)
        schema.apply(settings)
        return settings

    def start(self) -> list[str]:
        """Start the services that do not run; return their names."""
        return stack.start(self.settings)

    def stop(self) -> list[str]:
        """Stop all services; return the names of those that ran."""
        return stack.stop(self.settings)

    def kill(self, name: str) -> None:
        """Kill `kafka` or `cassandra` with SIGKILL, and wait until the process has ended."""
        service = next(
            service for service in stack.local_services(self.settings) if service.name == name
        )
        process = service.daemon(Home(self.settings.home)).find()
        if process is None:
            raise LookupError(f"{name} does not run")
        process.kill()
        process.wait(timeout=30)


def free_ports(count: int) -> list[int]:
    """Free ports, below the kernel's range for outgoing connections."""
    chooser = random.Random(os.getpid() ^ uuid.uuid4().int)
    ports: list[int] = []
    while len(ports) < count:
        port = chooser.randrange(20_000, 32_000)
        if port not in ports and is_free(port):
            ports.append(port)
    return ports
