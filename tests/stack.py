"""The real Kafka and Cassandra that tests run on, and fresh corners of them."""

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
    """A running stack; `owned` says whether it is this session's own, so that tests may kill parts
    of it.
    """

    __test__ = False

    def __init__(self, settings: Settings, homes: Path, *, owned: bool) -> None:
        self.settings = settings
        self.owned = owned
        self._homes = homes

    def fresh(self, partitions: int = 8) -> Settings:
        """Settings with a topic prefix, a keyspace and a home folder of their own; topics and
        tables exist.

        Log and store appear in them as existing clusters, so a command that is given these settings
        never starts or stops anything."""
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
        # One replica: stories look at what a replica remembers and counts, and the benchmarks ask
        # for more themselves.
        online = replace(self.settings.online, replicas=1)
        settings = replace(
            self.settings, home=self._homes / name, kafka=kafka, cassandra=cassandra, online=online
        )
        settings.home.mkdir(parents=True)
        schema.apply(settings)
        return settings

    def start(self) -> list[str]:
        """Start what does not run; returns the names of what was started."""
        return stack.start(self.settings)

    def stop(self) -> list[str]:
        """Stop everything; returns the names of what was stopped."""
        return stack.stop(self.settings)

    def kill(self, name: str) -> None:
        """kill -9 of `kafka` or `cassandra`, and wait until the process is gone."""
        service = next(
            service for service in stack.local_services(self.settings) if service.name == name
        )
        process = service.daemon(Home(self.settings.home)).find()
        if process is None:
            raise LookupError(f"{name} does not run")
        process.kill()
        process.wait(timeout=30)


def free_ports(count: int) -> list[int]:
    """Ports that nobody listens on, below the range from which the kernel takes ports for outgoing
    connections.
    """
    chooser = random.Random(os.getpid() ^ uuid.uuid4().int)
    ports: list[int] = []
    while len(ports) < count:
        port = chooser.randrange(20_000, 32_000)
        if port not in ports and is_free(port):
            ports.append(port)
    return ports
