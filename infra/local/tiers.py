"""Run tiers as child processes on this machine, as the demo, the scenarios and the benchmarks do:
`marquee nearline` and its kin.
"""

import collections
import signal
import sys
import time
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from pathlib import Path

import httpx
import psutil

from infra.local.home import Home
from infra.local.ports import is_free
from infra.local.process import Daemon
from infra.settings.environment import environment_of
from infra.settings.sections import Settings
from shared.errors import SetupError

STOP_TIMEOUT_S = 20.0
POLL_S = 0.1
PROBE_TIMEOUT_S = 2.0


@dataclass(frozen=True, slots=True)
class Tier:
    """A command of `marquee` that runs for long; where it has a port, also which setting names it
    and where it says that it is ready.
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
"""Ends by itself, with the exit code that `exit_code` then gives."""


class TierEnded(SetupError):
    """A tier's process ended by itself, or was not ready in time; `tail` holds the last lines of
    its log.
    """

    def __init__(self, message: str, log: Path, tail: list[str]) -> None:
        super().__init__(message)
        self.log = log
        self.tail = tail


class RunningTier:
    """A tier's process. It survives the object and the command that made it: whoever starts a tier
    stops it, by `stop` or `kill9`.
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
        """How the process ended (minus the signal's number, if by a signal); None while it runs."""
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
        """Whether it answers 200 where it says that it is ready."""
        try:
            return httpx.get(self.ready_url, timeout=PROBE_TIMEOUT_S).status_code == httpx.codes.OK
        except httpx.HTTPError:
            return False

    def check(self) -> None:
        """Make sure that it still runs.

        Raises:
            TierEnded: it does not.
        """
        if not self.is_alive():
            raise self._ended("ended by itself")

    def wait_ready(self, timeout_s: float) -> None:
        """Return once it is ready.

        Raises:
            TierEnded: it ended, or is not ready in time (and still runs).
        """
        deadline = time.monotonic() + timeout_s
        while not self.is_ready():
            self.check()
            if time.monotonic() > deadline:
                raise self._ended(f"was not ready after {timeout_s:.0f} s")
            time.sleep(POLL_S)

    def stop(self, timeout_s: float = STOP_TIMEOUT_S) -> None:
        """TERM, wait, KILL what is left of it and of its children; safe to repeat."""
        self._daemon.stop(timeout_s)

    def kill9(self) -> None:
        """KILL it and its children at once, as a crash or an out-of-memory kill would; returns when
        they are gone.
        """
        family = [self._process, *_children(self._process)]
        for process in family:
            _kill(process)
        psutil.wait_procs(family, timeout=STOP_TIMEOUT_S)

    def last_lines(self, count: int = 15) -> list[str]:
        """The end of its log."""
        try:
            with self.log.open(encoding="utf-8", errors="replace") as file:
                return [line.rstrip() for line in collections.deque(file, maxlen=count)]
        except FileNotFoundError:
            return []

    def _ended(self, what: str) -> TierEnded:
        return TierEnded(f"{self.name} {what}; its log is {self.log}.", self.log, self.last_lines())


def start_tier(tier: Tier, settings: Settings, instance: str | None = None) -> RunningTier:
    """Start a tier with exactly these settings; `instance` names a second one of a kind (give it
    another port).

    Raises:
        SetupError: one of that name runs already under this home, or its port is in use.
    """
    home, name = Home(settings.home), instance or tier.name
    daemon = _daemon(home, name)
    if daemon.find() is not None:
        raise SetupError(f"{name} is running already under {home.root}.")
    check_tier_port(tier, settings)
    log = home.log(name)
    log.parent.mkdir(parents=True, exist_ok=True)
    if log.exists():
        log.replace(log.with_suffix(".log.previous"))
    command = [sys.executable, "-X", daemon.mark, "-m", "infra.cli", *tier.command]
    environment = environment_of(settings)
    # Numeric libraries would otherwise take every core in every process.
    environment.setdefault("OMP_NUM_THREADS", "1")
    process = daemon.start(command, output=log, cwd=Path.cwd(), env=environment)
    return RunningTier(
        name, process, daemon, log, f"http://127.0.0.1:{tier.port(settings)}{tier.ready_path}"
    )


def stop_tiers(settings: Settings, names: Iterable[str]) -> list[str]:
    """Stop tiers by name, whoever started them under this home; returns the names of those that
    ran.
    """
    home = Home(settings.home)
    return [name for name in names if _daemon(home, name).stop(STOP_TIMEOUT_S)]


def check_tier_port(tier: Tier, settings: Settings) -> None:
    """Refuse to start a tier whose port somebody else has.

    Raises:
        SetupError: naming the port and the setting that moves it.
    """
    port = tier.port(settings)
    if port and not is_free(port):
        variable = "MARQUEE_" + tier.port_setting.upper().replace(".", "__")
        raise SetupError(
            f"The {tier.name} tier needs port {port}, which another program uses: "
            f"stop that program, or set {tier.port_setting} ({variable})."
        )


def _daemon(home: Home, name: str) -> Daemon:
    # CPython keeps any -X option it does not know, so the mark travels on the command line without
    # the tier knowing of it.
    return Daemon(name, home.pid_file(name), f"marquee.service={home.root}/{name}")


def _children(process: psutil.Process) -> list[psutil.Process]:
    try:
        return process.children(recursive=True)
    except psutil.NoSuchProcess:
        return []


def _kill(process: psutil.Process) -> None:
    try:
        process.send_signal(signal.SIGKILL)
    except psutil.NoSuchProcess:
        return
