"""Start, find and stop long-lived child processes that outlive the command which started them."""

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
"""Create times are derived from the boot time, which moves a little when the clock is set."""


@dataclass(frozen=True, slots=True)
class Daemon:
    """A process known by its pid file and by a mark on its command line.

    A pid alone proves nothing: after a crash the number may belong to somebody else's process. So a
    process counts as ours only if its create time is the recorded one *and* it carries the mark,
    which names the stack's home and the service.
    """

    name: str
    pid_file: Path
    mark: str
    """One whole argument of the command, such as `-Dmarquee.service=/home/me/.marquee/kafka`."""

    def find(self) -> psutil.Process | None:
        """The running process, or None; a stale or broken pid file counts as none.

        Without a usable pid file the process table is searched for the mark, because the starting
        command may have been killed before it could write the file.
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
        """Start the command in a session of its own, so that neither Ctrl-C nor the end of this
        command reaches it.

        `env` is its whole environment; None passes on this process's.

        Raises:
            SetupError: the mark is not among the arguments, or the program cannot be started.
        """
        if self.mark not in command:
            raise SetupError(f"The command of {self.name} does not carry its mark.")
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
        # The child outlives this object on purpose; without a return code Popen would warn about
        # that when it is collected.
        child.returncode = 0
        return process

    def stop(self, timeout_s: float) -> bool:
        """TERM, wait, then KILL; True if there was anything to stop. Children of the process are
        ended with it.

        Raises:
            SetupError: something still runs after KILL and another `timeout_s`.
        """
        process = self.find()
        if process is None:
            self.pid_file.unlink(missing_ok=True)
            return False
        family = [process, *_children(process)]
        _signal(process, signal.SIGTERM)
        _, alive = psutil.wait_procs(family, timeout=timeout_s)
        for each in alive:
            _signal(each, signal.SIGKILL)
        _, alive = psutil.wait_procs(alive, timeout=timeout_s)
        if any(each.status() != psutil.STATUS_ZOMBIE for each in alive):
            raise SetupError(f"{self.name} (process {process.pid}) does not end, even when killed.")
        self.pid_file.unlink(missing_ok=True)
        return True

    def _recorded(self) -> psutil.Process | None:
        try:
            record = json.loads(self.pid_file.read_text(encoding="utf-8"))
            pid, created = int(record["pid"]), float(record["created"])
            process = psutil.Process(pid)
            same = abs(process.create_time() - created) <= CREATE_TIME_SLACK_S
            return process if same and self._is_marked(process) else None
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


def _children(process: psutil.Process) -> list[psutil.Process]:
    try:
        return process.children(recursive=True)
    except psutil.Error:
        return []


def _signal(process: psutil.Process, number: signal.Signals) -> None:
    with contextlib.suppress(psutil.NoSuchProcess):
        process.send_signal(number)


def _replace(path: Path, text: str) -> None:
    """Write all of it or nothing: a killed command leaves no half pid file."""
    part = path.with_name(f"{path.name}.{os.getpid()}")
    part.write_text(text, encoding="utf-8")
    part.replace(path)


@contextlib.contextmanager
def exclusive(path: Path) -> Iterator[None]:
    """Hold the lock file while the block runs; the kernel lets go of it when the holder dies.

    Raises:
        SetupError: another command holds it.
    """
    import fcntl

    path.parent.mkdir(parents=True, exist_ok=True)
    with path.open("a") as file:
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            raise SetupError(
                "Another `marquee up` or `marquee down` is at work on this home; wait for it to end."
            ) from None
        yield
