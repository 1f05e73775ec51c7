"""Commands as child processes: run to their end, or killed in the middle; nothing of them is left
behind.
"""

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
from tests.scenarios.eventually import eventually

WITHIN_S = 600.0
MARQUEE = ("-m", "infra.cli")


@dataclass
class Child:
    """A running command and the lines it has said so far, on stdout and stderr together."""

    process: subprocess.Popen[str]
    lines: list[str] = field(default_factory=list)

    def said(self, words: str) -> bool:
        """Whether some line holds these words."""
        return any(words in line for line in list(self.lines))

    def wait_until_said(self, words: str, within_s: float = WITHIN_S) -> None:
        """Return as soon as it has said so; fails when it ends before."""

        def said_or_over() -> bool:
            return self.said(words) or self.process.poll() is not None

        eventually(said_or_over, bool, within_s)
        assert self.said(words), self.story()

    def kill9(self) -> None:
        """KILL the command and all that it has started, as a machine does that goes down."""
        # A leader that was waited for may have left its number to somebody else; what it started
        # ends with its pipes.
        if self.process.poll() is None:
            with suppress(ProcessLookupError):
                os.killpg(self.process.pid, signal.SIGKILL)
            self.process.wait(WITHIN_S)

    def ended(self, within_s: float = WITHIN_S) -> int:
        """Its exit code, once it has ended."""
        return self.process.wait(within_s)

    def story(self) -> str:
        """What it said, for a failure's message."""
        return f"exit code {self.process.poll()}:\n" + "\n".join(self.lines[-60:])


@contextmanager
def child(settings: Settings, *arguments: str) -> Iterator[Child]:
    """`python ARGUMENTS` with exactly these settings, in a process group of its own that is gone
    afterwards.
    """
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
    running = Child(process)
    reader = threading.Thread(target=_read, args=(running,), daemon=True)
    reader.start()
    try:
        yield running
    finally:
        running.kill9()
        reader.join(WITHIN_S)
        if process.stdout is not None:
            process.stdout.close()


def marquee(
    settings: Settings, *command: str, within_s: float = WITHIN_S
) -> tuple[int, Sequence[str]]:
    """`marquee COMMAND` to its end: the exit code, and what it said."""
    with child(settings, *MARQUEE, *command) as running:
        code = running.ended(within_s)
    return code, running.lines


def _read(running: Child) -> None:
    for line in running.process.stdout or ():
        running.lines.append(line.rstrip())
