"""Commands as child processes that run to their end or are killed; none is left running."""

import os
import signal
import subprocess
import sys
import threading
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path

from infra.settings import Settings
from infra.settings.environment import environment_of
from tests.scenarios.harness.eventually import eventually

WITHIN_S = 600.0
MARQUEE = ("-m", "infra.cli")


@dataclass
class ChildProcess:
    """A running command and its lines on stdout and stderr so far."""

    process: subprocess.Popen[str]
    lines: list[str] = field(default_factory=list)

    def has_printed(self, text: str) -> bool:
        """Whether a line contains this text."""
        return any(text in line for line in list(self.lines))

    def wait_until_printed(self, text: str, within_s: float = WITHIN_S) -> None:
        """Wait for a line with this text; fails when the command ends without it."""

        def has_printed_or_ended() -> bool:
            return self.has_printed(text) or self.process.poll() is not None

        eventually(has_printed_or_ended, bool, within_s)
        assert self.has_printed(text), self.output_text()

    def kill9(self) -> None:
        """Send SIGKILL to the command and its children, as when a machine fails."""
        # After a wait the process id may belong to another process, so it is not signaled again.
        if self.process.poll() is None:
            with suppress(ProcessLookupError):
                os.killpg(self.process.pid, signal.SIGKILL)
            self.process.wait(WITHIN_S)

    def exit_code(self, within_s: float = WITHIN_S) -> int:
        """Wait for the end of the command; return its exit code."""
        return self.process.wait(within_s)

    def output_text(self) -> str:
        """The exit code and the last lines, for the message of a failure."""
        return f"exit code {self.process.poll()}:\n" + "\n".join(self.lines[-60:])


@contextmanager
def child_process(settings: Settings, *arguments: str) -> Iterator[ChildProcess]:
    """Run `python ARGUMENTS` with these settings in its own process group; kill it at the end."""
    environment = {
        **environment_of(settings),
        "OMP_NUM_THREADS": "1",
        "PYTHONUNBUFFERED": "1",
        "COLUMNS": "250",
    }
    process = subprocess.Popen(
        [sys.executable, *arguments],
        cwd=Path.cwd(),
        env=environment,
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        start_new_session=True,
    )
    running = ChildProcess(process)
    reader = threading.Thread(target=_read, args=(running,), daemon=True)
    reader.start()
    try:
        yield running
    finally:
        running.kill9()
        reader.join(WITHIN_S)
        if process.stdout is not None:
            process.stdout.close()


def run_marquee(
    settings: Settings, *command: str, within_s: float = WITHIN_S
) -> tuple[int, Sequence[str]]:
    """Run `marquee COMMAND` to its end; return the exit code and the lines."""
    with child_process(settings, *MARQUEE, *command) as running:
        code = running.exit_code(within_s)
    return code, running.lines


def _read(running: ChildProcess) -> None:
    for line in running.process.stdout or ():
        running.lines.append(line.rstrip())
