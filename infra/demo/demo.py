"""The sections of the demo in order, and the clean-up at its end."""

import signal
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from types import FrameType
from typing import Final

from rich.console import Console

from infra.demo.client import DemoClient
from infra.demo.data import DemoMember
from infra.demo.home import (
    check_machine,
    create_home,
    demo_settings,
    mark_as_left_running,
    remove_home,
    stop_all,
)
from infra.demo.run import DemoRun
from infra.demo.sections import (
    addresses,
    history,
    latency,
    new_events,
    new_profile,
    nightly,
    quality,
    stack,
    title_launch,
)
from infra.local.tiers import TierEnded
from infra.settings.sections import Settings
from infra.world.settings import WorldSettings
from infra.world.world import World
from shared.clock import SystemClock
from shared.errors import MarqueeError

DATA_HOLDOUT_DAYS: Final = 365.0
"""MovieLens covers decades, and its last two days contain few profiles."""


@dataclass(frozen=True, slots=True)
class DemoOptions:
    """Options of `marquee demo`."""

    keep: bool = False
    """Leave everything running at the end."""
    data: Path | None = None
    """A MovieLens folder to use instead of the simulated service."""
    world: WorldSettings = field(default_factory=WorldSettings)
    """Settings of the simulated service."""


def run_demo(base: Settings, options: DemoOptions, console: Console) -> None:
    """Run the whole demo and stop everything it started, unless it succeeds with `keep`.

    Raises:
        SetupError: the machine cannot run the demo; nothing was started.
        MarqueeError: a section failed; everything was stopped, and logs and data were not deleted.
    """
    settings = demo_settings(base, holdout_days=None if options.data is None else DATA_HOLDOUT_DAYS)
    run = DemoRun(console, settings, SystemClock())
    create_home(settings)
    check_machine(settings)
    with clean_up(run, keep=options.keep):
        member = _run_sections(run, options)
        run.console.print(run.summary())
    if options.keep:
        addresses.show_addresses(run, member.profile_id)


def _run_sections(run: DemoRun, options: DemoOptions) -> DemoMember:
    with run.section("Start Kafka and Cassandra"):
        stack.start_stack(run)
    with run.section("Write a history to Kafka while nearline folds it"):
        lag = history.start_nearline(run)
        world = _write_history(run, options)
    with run.section("Nightly run: ingest, train, evaluate, check gates, publish"):
        nightly.run_nightly(run)
    with run.section("Start the page API and wait until nearline has no lag"):
        online = nightly.start_online(run)
        history.wait_until_folded(run, lag)
        client = DemoClient(nightly.wait_online(run, online))
    with run.section("A member's page"):
        data = new_events.load_data(run)
        page = new_events.show_first_page(run, client, data.member)
    with run.section("The member watches a new title and gives another one a thumb down"):
        new_events.watch_and_reject(run, client, data, page)
    with run.section("A title is launched"):
        title_launch.launch_title(run, client, data.member, data.catalog)
    with run.section("A new profile"):
        new_profile.show_new_profile(run, client, data.member.country, data.catalog)
    with run.section("Quality of the models and the pages"):
        if world is None:
            quality.show_held_out(run)
        else:
            quality.compare(run, client, world, [data.member.profile_id])
    with run.section(f"Latency of {latency.REQUESTS} page requests"):
        latency.measure(run, data.profile_ids, options.world.seed)
    client.close()
    return data.member


def _write_history(run: DemoRun, options: DemoOptions) -> World | None:
    """Write the history of the simulation or of the data set; return the world of a simulation."""
    if options.data is None:
        return history.write_world(run, options.world)
    history.import_data(run, options.data)
    return None


@contextmanager
def clean_up(run: DemoRun, *, keep: bool) -> Iterator[None]:
    """Stop every process at the end, also after an error, Ctrl-C, SIGTERM or SIGHUP.

    After success, delete the demo's home too; with `keep`, leave everything running instead.
    """
    previous = {
        number: signal.signal(number, _terminate) for number in (signal.SIGTERM, signal.SIGHUP)
    }
    try:
        yield
    except BaseException as error:
        _print_error(run, error)
        _stop(run)
        raise
    finally:
        for number, handler in previous.items():
            signal.signal(number, handler)
    if keep:
        mark_as_left_running(run.settings)
    else:
        _stop(run)
        remove_home(run.settings)


def _print_error(run: DemoRun, error: BaseException) -> None:
    if isinstance(error, TierEnded) and error.tail:
        run.console.rule(f"last lines of {error.log}", style="red", align="left")
        run.console.print("\n".join(error.tail), markup=False, highlight=False)
    if isinstance(error, MarqueeError | KeyboardInterrupt | SystemExit):
        run.print("[yellow]The demo ends early and stops what it started.[/yellow]")


def _stop(run: DemoRun) -> None:
    """Stop every process. SIGINT is ignored, so that a second Ctrl-C does not interrupt this."""
    previous = signal.signal(signal.SIGINT, signal.SIG_IGN)
    try:
        with run.console.status("stopping"):
            stopped = stop_all(run.settings)
    finally:
        signal.signal(signal.SIGINT, previous)
    run.print(f"stopped {', '.join(stopped)}" if stopped else "no process was running")


def _terminate(number: int, frame: FrameType | None) -> None:
    raise SystemExit(128 + number)
