"""Start a nightly run, which publishes a generation, and start the page API."""

import time
from collections.abc import Iterator
from pathlib import Path
from typing import Final

import httpx
import msgspec

from infra.demo.run import DemoRun
from infra.local.tiers import NIGHTLY, ONLINE, RunningTier, TierEnded
from shared.api.state import ReadyAnswer
from shared.errors import SetupError
from shared.ids import GenerationId

# Guesses for a busy machine.
NIGHTLY_WITHIN_S: Final = 400.0
READY_WITHIN_S: Final = 240.0
"""A guess: Ray starts in seven seconds on an idle machine, and in minutes on a busy one."""
POLL_S: Final = 0.2


def run_nightly(run: DemoRun) -> None:
    """Run `marquee nightly` as a scheduler would, and print the lines about its steps.

    Raises:
        TierEnded: it failed, or another tier ended.
        SetupError: it has not finished in time.
    """
    nightly = run.start(NIGHTLY)
    run.tiers.remove(nightly)  # its end is not a failure
    lines, deadline = _new_lines(nightly.log), time.monotonic() + NIGHTLY_WITHIN_S
    with run.console.status("nightly run") as status:
        while (code := nightly.exit_code()) is None:
            run.check()
            if time.monotonic() > deadline:
                raise SetupError(
                    f"The nightly run has not finished after {NIGHTLY_WITHIN_S:.0f} s; its log is "
                    f"{nightly.log}."
                )
            _print_steps(run, lines)
            status.update(f"nightly run ({run.elapsed()})")
            time.sleep(POLL_S)
    _print_steps(run, lines)
    if code != 0:
        raise TierEnded(
            f"The nightly run ended with exit code {code}; its log is {nightly.log}.",
            nightly.log,
            nightly.last_lines(),
        )


def start_online(run: DemoRun) -> RunningTier:
    """Start the page API after the nightly run.

    If both start on two cores, Ray stops its proxy because it is not ready within a minute.
    """
    return run.start(ONLINE)


def wait_online(run: DemoRun, online: RunningTier) -> str:
    """Wait until the API serves a generation instead of the static page; return its address.

    Raises:
        TierEnded: it ended, or is not ready in time.
        SetupError: it serves no generation in time.
    """
    address = f"http://127.0.0.1:{run.settings.online.port}"
    deadline = time.monotonic() + READY_WITHIN_S
    with run.console.status("starting the page API"):
        online.wait_ready(READY_WITHIN_S)
        while (generation := _served_generation(online)) is None:
            online.check()
            if time.monotonic() > deadline:
                raise SetupError(
                    f"The page API serves no generation after {READY_WITHIN_S:.0f} s; its log is "
                    f"{online.log}."
                )
            time.sleep(POLL_S)
    run.print(f"the page API serves generation {generation} on {address} (process {online.pid})")
    return address


def _served_generation(online: RunningTier) -> GenerationId | None:
    answer = httpx.get(online.ready_url, timeout=READY_WITHIN_S)
    return msgspec.json.decode(answer.content, type=ReadyAnswer).generation


def _print_steps(run: DemoRun, lines: Iterator[str | None]) -> None:
    while (line := next(lines)) is not None:
        if _is_step(line):
            run.console.print(f"  [dim]{line}[/dim]", highlight=False)


def _is_step(line: str) -> bool:
    """Whether the line is about a step; Spark and Python print warnings to the same stream."""
    return " done in " in line or line.startswith("generation ")


def _new_lines(log: Path) -> Iterator[str | None]:
    """Complete lines of a growing file; None if there is no further line yet."""
    with log.open(encoding="utf-8", errors="replace") as file:
        part = ""
        while True:
            part += file.readline()
            if part.endswith("\n"):
                yield part.rstrip()
                part = ""
            else:
                yield None
