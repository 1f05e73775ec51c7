"""Start, find and stop processes that outlive the command which started them."""

import contextlib
import json
import os
import signal
import subprocess
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import psutil

from shared.errors import SetupError

CREATE_TIME_SLACK_S = 2.0
"""A guess. Create times are computed from the boot time, which changes when the clock is set."""


ORPHAN_GRACE_S = 2.0
"""A guess. A process stops its children before it ends; the others are killed after this time."""


@dataclass(frozen=True, slots=True)
class Daemon:
    """A process that is identified by a pid file and by a mark on its command line.

    After a crash the kernel may reuse the pid for another program. So a process is accepted only if
    its create time is the recorded one *and* its command line has the mark, which names the stack's
    home and the service.
    """

    name: str
    pid_file: Path
    mark: str
    """One argument of the command, such as `-Dmarquee.service=/home/me/.marquee/kafka`."""

    def find(self) -> psutil.Process | None:
        """Return the running process, or None.

        Without a usable pid file the process table is searched for the mark, because the starting
        command may have been killed before it wrote the file.
        """
        process = self._recorded()
        return process if process is not None else self._marked()

    def start(
        self,
        command: Sequence[str],
        *,
        output: Path,
        cwd: Path,
        env: Mapping[str, str] | None = None,
    ) -> psutil.Process:
        """Start the command in a new session, so that it survives Ctrl-C and the end of this
        process.

        `env` is its whole environment; None passes on the environment of this process.

        Raises:
            SetupError: the mark is not among the arguments, or the program cannot be started.
        """
        if self.mark not in command:
            raise SetupError(f"The command of {self.name} lacks the mark {self.mark!r}.")
        for folder in (output.parent, cwd, self.pid_file.parent):
            folder.mkdir(parents=True, exist_ok=True)
        with output.open("ab") as out:
            try:
                child = subprocess.Popen(
                    command,
                    cwd=cwd,
                    env=env,
                    stdin=subprocess.DEVNULL,
                    stdout=out,
                    stderr=subprocess.STDOUT,
                    start_new_session=True,
                )
            except OSError as error:
                raise SetupError(f"{self.name} cannot be started: {error}") from error
        process = psutil.Process(child.pid)
        _replace(self.pid_file, json.dumps({"pid": child.pid, "created": process.create_time()}))
        # The child outlives this object on purpose. Without a return code Popen would warn about it
        # when it is collected.
        child.returncode = 0
        return process

    def stop(self, timeout_s: float) -> bool:
        """Send TERM and wait, then send KILL to the process and its children; True if it ran.

        Children that outlive the process have ORPHAN_GRACE_S to end.

        Raises:
            SetupError: a process still runs after KILL and another `timeout_s`.
        """
        process = self.find()
        if process is None:
            self.pid_file.unlink(missing_ok=True)
            return False
        children = children_of(process)
        send_signal(process, signal.SIGTERM)
        _, alive = psutil.wait_procs([process], timeout=timeout_s)
        _, orphans = psutil.wait_procs(children, timeout=ORPHAN_GRACE_S)
        alive += orphans
        for survivor in alive:
            send_signal(survivor, signal.SIGKILL)
        _, alive = psutil.wait_procs(alive, timeout=timeout_s)
        if any(survivor.status() != psutil.STATUS_ZOMBIE for survivor in alive):
            raise SetupError(
                f"{self.name} (process {process.pid}) still runs after SIGKILL; "
                "it may be waiting for a disk. Try again later."
            )
        self.pid_file.unlink(missing_ok=True)
        return True

    def _recorded(self) -> psutil.Process | None:
        try:
            record = json.loads(self.pid_file.read_text(encoding="utf-8"))
            pid, created = int(record["pid"]), float(record["created"])
            process = psutil.Process(pid)
            is_same = abs(process.create_time() - created) <= CREATE_TIME_SLACK_S
            return process if is_same and self._is_marked(process) else None
        except (OSError, ValueError, KeyError, TypeError, psutil.Error):
            return None

    def _marked(self) -> psutil.Process | None:
        return next(
            (process for process in psutil.process_iter() if self._is_marked(process)), None
        )

    def _is_marked(self, process: psutil.Process) -> bool:
        try:
            return process.status() != psutil.STATUS_ZOMBIE and self.mark in process.cmdline()
        except psutil.Error:
            return False


def children_of(process: psutil.Process) -> list[psutil.Process]:
    """Return the processes that a process started, and theirs; none if it has ended."""
    try:
        return process.children(recursive=True)
    except psutil.Error:
        return []


def send_signal(process: psutil.Process, number: signal.Signals) -> None:
    """Send a signal unless the process has ended."""
    with contextlib.suppress(psutil.NoSuchProcess):
        process.send_signal(number)


def _replace(path: Path, text: str) -> None:
    """Replace the file atomically, so that a killed command leaves no partial pid file."""
    part = path.with_name(f"{path.name}.{os.getpid()}")
    part.write_text(text, encoding="utf-8")
    part.replace(path)


@contextlib.contextmanager
def exclusive(path: Path) -> Iterator[None]:
    """Lock the file while the block runs; the kernel unlocks it when the process ends.

    Raises:
        SetupError: another command has locked it.
    """
    import fcntl

    path.parent.mkdir(parents=True, exist_ok=True)
    with path.open("a") as file:
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            raise SetupError(
                "Another `marquee up` or `marquee down` runs in this home folder; "
                "wait for it to end."
            ) from None
        yield
