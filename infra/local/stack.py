"""Bring the local Kafka and Cassandra up or down, both at once; every call may be repeated, also
after a crash.
"""

import socket
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
from infra.local.process import Daemon, exclusive
from infra.settings.sections import Settings
from shared.errors import SetupError

START_TIMEOUT_S = 180.0
"""Far above what a start takes (see the tests), so that a slow machine is not given up on."""
STOP_TIMEOUT_S = 20.0
POLL_S = 0.1
CRASH_GRACE_S = 5.0
"""A process that was killed keeps its ports until the kernel is through with it, a second or two
under load.
"""
OVERHEAD_MB = 512
"""What the two JVMs use beside their heaps when idle."""


@dataclass(frozen=True, slots=True)
class Service:
    """One of the two: which process it is, which ports it takes, and how its command line is made."""

    name: str
    ports: tuple[tuple[int, str], ...]
    """Each with the setting that moves it; the first is the one clients connect to."""
    ready: str
    heap_mb: int
    command: Callable[[str, Home, str], list[str]]
    """From the java to run, the home and the mark; does whatever must be done on disk before."""

    def daemon(self, home: Home) -> Daemon:
        """How the process is known."""
        return Daemon(
            self.name, home.pid_file(self.name), f"-Dmarquee.service={home.root}/{self.name}"
        )


@dataclass(frozen=True, slots=True)
class Status:
    """What is known of a service; pid and memory are None when it does not run."""

    name: str
    address: str
    pid: int | None
    memory_mb: int | None
    answers: bool
    log: Path


def services(settings: Settings) -> list[Service]:
    """Kafka and Cassandra as the settings want them; one that is an existing cluster is not ours to
    start.
    """
    kafka, cassandra = settings.kafka, settings.cassandra

    def kafka_command(java: str, home: Home, mark: str) -> list[str]:
        found = jars(broker.NAME)
        return broker.command(
            java, found, kafka, home, mark, broker.prepare(java, found, kafka, home)
        )

    def cassandra_command(java: str, home: Home, mark: str) -> list[str]:
        return node.command(
            java, jars(node.NAME), cassandra, home, mark, node.prepare(cassandra, home)
        )

    kafka_ports = ((kafka.port, "kafka.port"), (kafka.controller_port, "kafka.controller_port"))
    cassandra_ports = (
        (cassandra.port, "cassandra.port"),
        (cassandra.storage_port, "cassandra.storage_port"),
    )
    both = (
        (
            kafka.bootstrap,
            Service(broker.NAME, kafka_ports, broker.READY, kafka.heap_mb, kafka_command),
        ),
        (
            cassandra.hosts,
            Service(node.NAME, cassandra_ports, node.READY, cassandra.heap_mb, cassandra_command),
        ),
    )
    return [service for elsewhere, service in both if not elsewhere]


def start(settings: Settings) -> list[str]:
    """Start what does not run and wait until it answers; returns the names of what was started.

    Raises:
        SetupError: no Java, a port in use, too little memory, or a service that ends or does not
            answer in time.
    """
    home, wanted = Home(settings.home), services(settings)
    with exclusive(home.lock):
        missing = [service for service in wanted if service.daemon(home).find() is None]
        java = _prepare(missing, home) if missing else ""
        with ThreadPoolExecutor(2) as pool:
            # Those that run already are waited for, too: the command that started them may have
            # been interrupted.
            list(
                pool.map(
                    lambda service: _bring_up(service, java if service in missing else None, home),
                    wanted,
                )
            )
        return [service.name for service in missing]


def stop(settings: Settings) -> list[str]:
    """Stop whatever runs under this home; returns the names of what was stopped.

    Raises:
        SetupError: something does not end.
    """
    home = Home(settings.home)
    with exclusive(home.lock), ThreadPoolExecutor(2) as pool:
        both = services(settings)
        ended = pool.map(lambda service: service.daemon(home).stop(STOP_TIMEOUT_S), both)
        return [service.name for service, was in zip(both, ended, strict=True) if was]


def status(settings: Settings) -> list[Status]:
    """What runs, without changing anything."""
    home = Home(settings.home)
    return [_status(service, home) for service in services(settings)]


def check_memory(missing: Sequence[Service]) -> None:
    """Refuse to start what would make the machine swap.

    Raises:
        SetupError: too little memory is available.
    """
    needed = sum(service.heap_mb for service in missing) + OVERHEAD_MB
    available = psutil.virtual_memory().available >> 20
    if available < needed:
        names = " and ".join(service.name.capitalize() for service in missing)
        raise SetupError(
            f"{names} need {needed} MB of memory and {available} MB are available: "
            "close something, or lower cassandra.heap_mb (MARQUEE_CASSANDRA__HEAP_MB)."
        )


def check_ports(service: Service, *, grace_s: float = 0.0) -> None:
    """Refuse to start a service whose ports somebody else still has after `grace_s`.

    Raises:
        SetupError: naming the port and the setting that moves it.
    """
    deadline = time.monotonic() + grace_s
    for port, setting in service.ports:
        while not (is_free := free(port)) and time.monotonic() < deadline:
            time.sleep(POLL_S)
        if not is_free:
            variable = "MARQUEE_" + setting.upper().replace(".", "__")
            raise SetupError(
                f"{service.name.capitalize()} needs port {port}, which another program uses: "
                f"stop that program, or set {setting} ({variable})."
            )


def free(port: int) -> bool:
    """Whether a server could listen on the port now, as the JVM would (SO_REUSEADDR, so TIME_WAIT
    is no obstacle).
    """
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind(("127.0.0.1", port))
        except OSError:
            return False
        return True


def answers(port: int) -> bool:
    """Whether something accepts connections on the port."""
    try:
        with socket.create_connection(("127.0.0.1", port), timeout=1.0):
            return True
    except OSError:
        return False


def _prepare(missing: Sequence[Service], home: Home) -> str:
    """Everything that can be refused before a process is started; returns the java to run."""
    java = find_java()
    check_memory(missing)
    for service in missing:
        crashed = home.pid_file(service.name).exists()
        check_ports(service, grace_s=CRASH_GRACE_S if crashed else 0.0)
    for service in missing:
        jars(service.name)
    return java


def _bring_up(service: Service, java: str | None, home: Home) -> None:
    """Start the service unless `java` is None, and wait until it is ready."""
    log, daemon, port = home.log(service.name), service.daemon(home), service.ports[0][0]
    if java is not None:
        log.parent.mkdir(parents=True, exist_ok=True)
        # The log of the last run moves away, so that its words are not taken for this run's.
        if log.exists():
            log.replace(log.with_suffix(".log.previous"))
        daemon.start(
            service.command(java, home, daemon.mark),
            output=log.with_suffix(".out"),
            cwd=home.data(service.name),
        )
    deadline = time.monotonic() + START_TIMEOUT_S
    # A long-running service may have rolled its log since it said that it was ready.
    while not (answers(port) and (java is None or _says(log, service.ready))):
        if daemon.find() is None:
            raise SetupError(
                f"{service.name.capitalize()} ended while starting; {log} and {log.with_suffix('.out')} say why."
            )
        if time.monotonic() > deadline:
            daemon.stop(STOP_TIMEOUT_S)
            raise SetupError(
                f"{service.name.capitalize()} was not ready after {START_TIMEOUT_S:.0f} s; {log} says what it did."
            )
        time.sleep(POLL_S)


def _says(log: Path, words: str) -> bool:
    try:
        return words in log.read_text(encoding="utf-8", errors="replace")
    except FileNotFoundError:
        return False


def _status(service: Service, home: Home) -> Status:
    port = service.ports[0][0]
    process = service.daemon(home).find()
    try:
        memory = None if process is None else process.memory_info().rss >> 20
    except psutil.Error:
        process = memory = None
    alive = process is not None and answers(port)
    return Status(
        service.name,
        f"127.0.0.1:{port}",
        process.pid if process else None,
        memory,
        alive,
        home.log(service.name),
    )
