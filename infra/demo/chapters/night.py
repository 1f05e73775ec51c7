"""The nightly: the whole history becomes a published generation; then the page API gets up."""

import time
from collections.abc import Iterator
from pathlib import Path

import httpx

from infra.demo.stage import Stage
from infra.local.tiers import NIGHTLY, ONLINE, RunningTier, TierEnded
from shared.errors import SetupError

NIGHT_WITHIN_S = 400.0
READY_WITHIN_S = 240.0
"""Ray alone takes seven seconds on an idle machine, and minutes on a crowded one."""
POLL_S = 0.2


def run_nightly(stage: Stage) -> None:
    """Run `marquee nightly` as a scheduler would, and pass on what it says of its steps.

    Raises:
        TierEnded: it failed, or another tier did.
        SetupError: it is not done in time.
    """
    night = stage.start(NIGHTLY)
    stage.tiers.remove(night)  # this one is meant to end
    lines, deadline = _new_lines(night.log), time.monotonic() + NIGHT_WITHIN_S
    with stage.console.status("the nightly runs") as status:
        while (code := night.exit_code()) is None:
            stage.check()
            if time.monotonic() > deadline:
                raise SetupError(
                    f"The nightly was not done after {NIGHT_WITHIN_S:.0f} s; its log is {night.log}."
                )
            _pass_on(stage, lines)
            status.update(f"the nightly runs ({stage.elapsed()})")
            time.sleep(POLL_S)
    _pass_on(stage, lines)
    if code != 0:
        raise TierEnded(
            f"The nightly ended with exit code {code}; its log is {night.log}.",
            night.log,
            night.last_lines(),
        )


def start_online(stage: Stage) -> RunningTier:
    """Start the page API. Not beside the nightly: on two cores Ray gives its proxy up when it is
    not ready within a minute.
    """
    return stage.start(ONLINE)


def wait_online(stage: Stage, online: RunningTier) -> str:
    """The API's address, once it serves a generation: before that it is ready already, with the
    static page.

    Raises:
        TierEnded: it ended, or is not ready in time.
        SetupError: it serves no generation in time.
    """
    address = f"http://127.0.0.1:{stage.settings.online.port}"
    deadline = time.monotonic() + READY_WITHIN_S
    with stage.console.status("the page API gets ready"):
        online.wait_ready(READY_WITHIN_S)
        while (
            generation := httpx.get(online.ready_url, timeout=READY_WITHIN_S).json()["generation"]
        ) is None:
            online.check()
            if time.monotonic() > deadline:
                raise SetupError(
                    f"The page API serves no generation after {READY_WITHIN_S:.0f} s; its log is {online.log}."
                )
            time.sleep(POLL_S)
    stage.say(
        f"the page API answers on {address} with generation {generation} (process {online.pid})"
    )
    return address


def _pass_on(stage: Stage, lines: Iterator[str | None]) -> None:
    while (line := next(lines)) is not None:
        if _is_step(line):
            stage.console.print(f"  [dim]{line}[/dim]", highlight=False)


def _is_step(line: str) -> bool:
    """Whether a line is the nightly's own; Spark and Python print warnings on the same stream."""
    return " done in " in line or line.startswith("generation ")


def _new_lines(log: Path) -> Iterator[str | None]:
    """Whole lines as they are written; None whenever there is no further one yet."""
    with log.open(encoding="utf-8", errors="replace") as file:
        part = ""
        while True:
            part += file.readline()
            if part.endswith("\n"):
                yield part.rstrip()
                part = ""
            else:
                yield None
