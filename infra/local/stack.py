"""Start and stop the local Kafka and Cassandra concurrently.

Every call can be repeated, also after a crash.
"""

import time
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path

import psutil

from infra.local.cassandra import node
from infra.local.home import Home
from infra.local.jars import jars
from infra.local.java import find_java
from infra.local.kafka import broker
from infra.local.ports import HOST, accepts_connections, check_port
from infra.local.process import Daemon, exclusive
from infra.settings.sections import Settings
from shared.errors import SetupError

START_TIMEOUT_S = 180.0
"""Far above a usual start (2.5 s and 5.6 s, measured on two cores), for slow machines."""
STOP_TIMEOUT_S = 20.0
"""A guess, as is the grace time below."""
POLL_S = 0.1
CRASH_GRACE_S = 5.0
"""The kernel releases the ports of a killed process after a second or two under load."""
OVERHEAD_MB = 512
"""Memory of the two idle JVMs in addition to their heaps, measured with `marquee status`."""


@dataclass(frozen=True, slots=True)
class LocalService:
    """A service that this machine runs: its process, its ports and its command line."""

    name: str
    ports: tuple[tuple[int, str], ...]
    """Each port with the setting that changes it; clients connect to the first."""
    ready_line: str
    """Text that the service logs once it accepts requests."""
    heap_mb: int
    command: Callable[[str, Home, str], list[str]]
    """Called with the path of java, the home and the process mark; prepares the files on disk and
    returns the command line.
    """

    def daemon(self, home: Home) -> Daemon:
        """The service's process under a home."""
        return Daemon(
            self.name, home.pid_file(self.name), f"-Dmarquee.service={home.root}/{self.name}"
        )


def local_services(settings: Settings) -> list[LocalService]:
    """Return the services that this machine runs; existing clusters are left out."""
    services = []
    if not settings.kafka.bootstrap:
        services.append(_kafka(settings))
    if not settings.cassandra.hosts:
        services.append(_cassandra(settings))
    return services


def _kafka(settings: Settings) -> LocalService:
    kafka = settings.kafka

    def command(java: str, home: Home, mark: str) -> list[str]:
        paths = jars(broker.NAME)
        conf = broker.prepare(java, paths, kafka, home)
        return broker.command(java, paths, kafka, home, mark, conf)

    ports = ((kafka.port, "kafka.port"), (kafka.controller_port, "kafka.controller_port"))
    return LocalService(broker.NAME, ports, broker.READY_LINE, kafka.heap_mb, command)


def _cassandra(settings: Settings) -> LocalService:
    cassandra = settings.cassandra

    def command(java: str, home: Home, mark: str) -> list[str]:
        conf = node.prepare(cassandra, home)
        return node.command(java, jars(node.NAME), cassandra, home, mark, conf)

    ports = (
        (cassandra.port, "cassandra.port"),
        (cassandra.storage_port, "cassandra.storage_port"),
    )
    return LocalService(node.NAME, ports, node.READY_LINE, cassandra.heap_mb, command)


def start(settings: Settings) -> list[str]:
    """Start the services that do not run and wait until they are ready; return the names started.

    Raises:
        SetupError: no Java, a port in use, too little memory, replication without a cluster, or a
            service that ends or is not ready in time.
    """
    home, services = Home(settings.home), local_services(settings)
    _check_replication(settings)
    with exclusive(home.lock):
        missing = [service for service in services if service.daemon(home).find() is None]
        java = _prepare(missing, home) if missing else ""
        with ThreadPoolExecutor(2) as pool:
            # Running services are waited for too: the command that started them may have been
            # interrupted.
            list(
                pool.map(
                    lambda service: _bring_up(service, java if service in missing else None, home),
                    services,
                )
            )
        return [service.name for service in missing]


def _check_replication(settings: Settings) -> None:
    """Refuse a local service where the settings ask for more replicas than one."""
    kafka, cassandra = settings.kafka, settings.cassandra
    for is_local, replication, section, address in (
        (not kafka.bootstrap, kafka.replication, "kafka", "kafka.bootstrap"),
        (not cassandra.hosts, cassandra.replication, "cassandra", "cassandra.hosts"),
    ):
        if is_local and replication > 1:
            raise SetupError(
                f"{section}.replication is {replication}, and no cluster is named. Set {address} "
                f"to the addresses of your cluster, or {section}.replication to 1."
            )


def stop(settings: Settings) -> list[str]:
    """Stop the services that run under this home; return the names stopped.

    Raises:
        SetupError: a process does not end.
    """
    home = Home(settings.home)
    with exclusive(home.lock), ThreadPoolExecutor(2) as pool:
        services = local_services(settings)
        stopped = list(
            pool.map(lambda service: service.daemon(home).stop(STOP_TIMEOUT_S), services)
        )
    return [
        service.name for service, was_running in zip(services, stopped, strict=True) if was_running
    ]


def check_memory(missing: Sequence[LocalService]) -> None:
    """Refuse to start services that would make the machine swap.

    Raises:
        SetupError: too little memory is available.
    """
    needed_mb = sum(service.heap_mb for service in missing) + OVERHEAD_MB
    available_mb = psutil.virtual_memory().available >> 20
    if available_mb < needed_mb:
        names = " and ".join(service.name.capitalize() for service in missing)
        raise SetupError(
            f"{names} need {needed_mb} MB of memory and {available_mb} MB are available: "
            "close a program, or lower cassandra.heap_mb (MARQUEE_CASSANDRA__HEAP_MB)."
        )


def check_ports(service: LocalService, *, grace_s: float = 0.0) -> None:
    """Refuse to start a service with ports that are in use after `grace_s`.

    Raises:
        SetupError: with the port and the setting that changes it.
    """
    for port, setting in service.ports:
        check_port(service.name.capitalize(), port, setting, grace_s=grace_s)


def _prepare(missing: Sequence[LocalService], home: Home) -> str:
    """Run every check that can fail before a process is started; return the path of java."""
    java = find_java()
    check_memory(missing)
    for service in missing:
        crashed = home.pid_file(service.name).exists()
        check_ports(service, grace_s=CRASH_GRACE_S if crashed else 0.0)
    for service in missing:
        jars(service.name)
    return java


def _bring_up(service: LocalService, java: str | None, home: Home) -> None:
    """Start the service unless `java` is None, and wait until it is ready."""
    log, daemon, port = home.log(service.name), service.daemon(home), service.ports[0][0]
    if java is not None:
        _launch(service, java, home)
    name, deadline = service.name.capitalize(), time.monotonic() + START_TIMEOUT_S
    # A service that has run for long may have rotated the log with its ready line.
    while not (
        accepts_connections(HOST, port) and (java is None or _contains(log, service.ready_line))
    ):
        if daemon.find() is None:
            raise SetupError(
                f"{name} ended while starting; read {log} and {log.with_suffix('.out')}."
            )
        if time.monotonic() > deadline:
            daemon.stop(STOP_TIMEOUT_S)
            raise SetupError(f"{name} was not ready after {START_TIMEOUT_S:.0f} s; read {log}.")
        time.sleep(POLL_S)


def _launch(service: LocalService, java: str, home: Home) -> None:
    log, daemon = home.log(service.name), service.daemon(home)
    log.parent.mkdir(parents=True, exist_ok=True)
    # The log of the last run is renamed, because it may contain the ready line.
    if log.exists():
        log.replace(log.with_suffix(".log.previous"))
    daemon.start(
        service.command(java, home, daemon.mark),
        output=log.with_suffix(".out"),
        cwd=home.data(service.name),
    )


def _contains(log: Path, line: str) -> bool:
    try:
        return line in log.read_text(encoding="utf-8", errors="replace")
    except FileNotFoundError:
        return False
