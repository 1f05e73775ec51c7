"""Run tiers as child processes: `marquee nearline` and others, for the demo, the scenarios and the
benchmarks.
"""

import collections
import sys
import time
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from pathlib import Path

import httpx
import psutil

from infra.local.home import Home
from infra.local.ports import HOST, check_port
from infra.local.process import Daemon
from infra.settings.environment import environment_of
from infra.settings.sections import Settings
from shared.errors import SetupError

# Guesses for a busy machine.
STOP_TIMEOUT_S = 20.0
POLL_S = 0.1
PROBE_TIMEOUT_S = 2.0


@dataclass(frozen=True, slots=True)
class Tier:
    """A long-running command of `marquee`.

    A tier with a port also has the name of the setting that changes it, and the path that answers
    200 once the tier is ready.
    """

    name: str
    command: tuple[str, ...]
    port: Callable[[Settings], int] = lambda settings: 0
    port_setting: str = ""
    ready_path: str = ""


NEARLINE = Tier(
    "nearline",
    ("nearline",),
    lambda settings: settings.nearline.metrics_port,
    "nearline.metrics_port",
    "/metrics",
)
ONLINE = Tier(
    "online", ("online",), lambda settings: settings.online.port, "online.port", "/readyz"
)
NIGHTLY = Tier("nightly", ("nightly",))
"""Ends by itself; `RunningTier.exit_code` then returns its exit code."""


class TierEnded(SetupError):
    """A tier's process ended by itself, or was not ready in time.

    `tail` holds the last lines of its log.
    """

    def __init__(self, message: str, log: Path, tail: list[str]) -> None:
        super().__init__(message)
        self.log = log
        self.tail = tail


class RunningTier:
    """A tier's process. It outlives this object and the command that started it, so the caller must
    `stop` it.
    """

    def __init__(
        self, name: str, process: psutil.Process, daemon: Daemon, log: Path, ready_url: str
    ) -> None:
        self.name = name
        self.log = log
        self.ready_url = ready_url
        self._process = process
        self._daemon = daemon

    @property
    def pid(self) -> int:
        """The process id; also the id of its process group."""
        return self._process.pid

    def exit_code(self) -> int | None:
        """Return the exit code, or minus the number of the signal; None while the process runs."""
        try:
            return self._process.wait(timeout=0)
        except psutil.TimeoutExpired:
            return None

    def is_alive(self) -> bool:
        """Whether the process runs."""
        try:
            return self._process.is_running() and self._process.status() != psutil.STATUS_ZOMBIE
        except psutil.NoSuchProcess:
            return False

    def is_ready(self) -> bool:
        """Whether the ready path answers 200."""
        try:
            response = httpx.get(self.ready_url, timeout=PROBE_TIMEOUT_S)
        except httpx.HTTPError:
            return False
        return response.status_code == httpx.codes.OK

    def check(self) -> None:
        """Check that the process runs.

        Raises:
            TierEnded: it does not.
        """
        if not self.is_alive():
            raise self._ended("ended by itself")

    def wait_ready(self, timeout_s: float) -> None:
        """Return once the tier is ready.

        Raises:
            TierEnded: the process ended, or still runs and is not ready in time.
        """
        deadline = time.monotonic() + timeout_s
        while not self.is_ready():
            self.check()
            if time.monotonic() > deadline:
                raise self._ended(f"was not ready after {timeout_s:.0f} s")
            time.sleep(POLL_S)

    def stop(self, timeout_s: float = STOP_TIMEOUT_S) -> None:
        """Send TERM, wait, then send KILL to the process and its children; safe to repeat."""
        self._daemon.stop(timeout_s)

    def last_lines(self, count: int = 15) -> list[str]:
        """Return the last lines of the log."""
        try:
            with self.log.open(encoding="utf-8", errors="replace") as file:
                return [line.rstrip() for line in collections.deque(file, maxlen=count)]
        except FileNotFoundError:
            return []

    def _ended(self, event: str) -> TierEnded:
        return TierEnded(
            f"{self.name} {event}; read its log, {self.log}.", self.log, self.last_lines()
        )


def start_tier(tier: Tier, settings: Settings, instance: str | None = None) -> RunningTier:
    """Start a tier with exactly these settings.

    `instance` names a second process of the same tier, which needs another port.

    Raises:
        SetupError: a process of that name runs in this home, or its port is in use.
    """
    home, name = Home(settings.home), instance or tier.name
    daemon = _daemon(home, name)
    if daemon.find() is not None:
        raise SetupError(f"{name} is already running in {home.root}: stop it with `marquee down`.")
    check_tier_port(tier, settings)
    log = home.log(name)
    log.parent.mkdir(parents=True, exist_ok=True)
    if log.exists():
        log.replace(log.with_suffix(".log.previous"))
    command = [sys.executable, "-X", daemon.mark, "-m", "infra.cli", *tier.command]
    environment = environment_of(settings)
    # Numeric libraries would otherwise start a thread per core in every process.
    environment.setdefault("OMP_NUM_THREADS", "1")
    process = daemon.start(command, output=log, cwd=Path.cwd(), env=environment)
    ready_url = f"http://{HOST}:{tier.port(settings)}{tier.ready_path}"
    return RunningTier(name, process, daemon, log, ready_url)


def stop_tiers(settings: Settings, names: Iterable[str]) -> list[str]:
    """Stop tiers by name, from any command; return the names of those that ran."""
    home = Home(settings.home)
    return [name for name in names if _daemon(home, name).stop(STOP_TIMEOUT_S)]


def check_tier_port(tier: Tier, settings: Settings) -> None:
    """Refuse to start a tier with a port in use.

    Raises:
        SetupError: with the port and the setting that changes it.
    """
    if port := tier.port(settings):
        check_port(f"The {tier.name} tier", port, tier.port_setting)


def _daemon(home: Home, name: str) -> Daemon:
    # CPython accepts and ignores unknown -X options, so the mark is part of the command line
    # without being an argument of the tier.
    return Daemon(name, home.pid_file(name), f"marquee.service={home.root}/{name}")
