"""The state of Kafka and Cassandra: local processes, or addresses of existing clusters."""

from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

import psutil

from infra.local.cassandra import node
from infra.local.home import Home
from infra.local.kafka import broker
from infra.local.ports import HOST, accepts_connections
from infra.local.stack import LocalService, local_services
from infra.settings.sections import Settings

State = Literal["running", "not answering", "stopped", "port in use", "reachable", "unreachable"]
"""The last two are states of existing clusters, the others of local services.

`port in use`: no service of this home runs, and another program or home has its port.
"""


@dataclass(frozen=True, slots=True)
class ServiceStatus:
    """The state of one address. Process id, memory and log are None for existing clusters, and
    process id and memory for a local service that does not run.
    """

    name: str
    state: State
    address: str
    pid: int | None = None
    memory_mb: int | None = None
    log: Path | None = None

    @property
    def is_up(self) -> bool:
        """Whether the service runs, or the cluster can be reached."""
        return self.state in {"running", "reachable"}


def service_statuses(settings: Settings) -> list[ServiceStatus]:
    """Return the state of Kafka and Cassandra, one entry per address; changes nothing."""
    home = Home(settings.home)
    local = {service.name: service for service in local_services(settings)}
    statuses: list[ServiceStatus] = []
    for name, addresses in ((broker.NAME, _brokers(settings)), (node.NAME, _nodes(settings))):
        if name in local:
            statuses.append(_local_status(local[name], home))
        else:
            statuses.extend(_cluster_statuses(name, list(addresses)))
    return statuses


def _brokers(settings: Settings) -> Iterator[tuple[str, int]]:
    for address in settings.kafka.servers.split(","):
        host, _, port = address.rpartition(":")
        yield host, int(port)


def _nodes(settings: Settings) -> Iterator[tuple[str, int]]:
    address = settings.cassandra.address
    for host in address.hosts:
        yield host, address.port


def _cluster_statuses(name: str, addresses: Sequence[tuple[str, int]]) -> Iterator[ServiceStatus]:
    with ThreadPoolExecutor(len(addresses)) as pool:
        reachable = list(pool.map(lambda address: accepts_connections(*address), addresses))
    for (host, port), is_reachable in zip(addresses, reachable, strict=True):
        state: State = "reachable" if is_reachable else "unreachable"
        yield ServiceStatus(name, state, f"{host}:{port}")


def _local_status(service: LocalService, home: Home) -> ServiceStatus:
    port, log = service.ports[0][0], home.log(service.name)
    address = f"{HOST}:{port}"
    process = service.daemon(home).find()
    try:
        memory_mb = None if process is None else process.memory_info().rss >> 20
    except psutil.Error:
        process = memory_mb = None
    is_answering = accepts_connections(HOST, port)
    if process is None:
        absent: State = "port in use" if is_answering else "stopped"
        return ServiceStatus(service.name, absent, address, log=log)
    state: State = "running" if is_answering else "not answering"
    return ServiceStatus(service.name, state, address, process.pid, memory_mb, log)
