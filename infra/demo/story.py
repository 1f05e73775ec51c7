"""The story, chapter by chapter; read it as a table of contents."""

import signal
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from types import FrameType

from rich.console import Console

from infra.demo.cast import Member
from infra.demo.chapters import (
    ending,
    history,
    launch,
    newcomer,
    night,
    opening,
    quality,
    speed,
    watching,
)
from infra.demo.place import (
    check_machine,
    clear_place,
    demo_settings,
    keep_place,
    make_place,
    stop_everything,
)
from infra.demo.service import Service
from infra.demo.stage import Stage
from infra.local.tiers import TierEnded
from infra.settings.sections import Settings
from infra.world import World, WorldSettings
from shared.clock import SystemClock
from shared.errors import MarqueeError

DATA_HOLDOUT_DAYS = 365.0
"""MovieLens spans decades: its last two days hold a handful of people."""


@dataclass(frozen=True, slots=True)
class Telling:
    """How the story is to be told."""

    keep: bool = False
    """Leave everything running at the end."""
    data: Path | None = None
    """A MovieLens folder to take instead of the make-believe service."""
    world: WorldSettings = field(default_factory=WorldSettings)
    """The make-believe service."""


def tell(base: Settings, telling: Telling, console: Console) -> None:
    """Tell the whole story; whatever happens, nothing that it started is left running, unless it
    went well and `keep` was asked.

    Raises:
        SetupError: the machine cannot run the story; nothing was started.
        MarqueeError: a chapter could not be told; everything was stopped, and logs and data were
            kept.
    """
    settings = demo_settings(base, holdout_days=None if telling.data is None else DATA_HOLDOUT_DAYS)
    stage = Stage(console, settings, SystemClock())
    make_place(settings)
    check_machine(settings)
    with _ending(stage, keep=telling.keep):
        member = _tell(stage, telling)
        stage.console.print(stage.summary())
    if telling.keep:
        ending.say_where(stage, member.profile_id)


def _tell(stage: Stage, telling: Telling) -> Member:
    with stage.chapter("Kafka and Cassandra start"):
        opening.open_stage(stage)
    with stage.chapter("A history goes into Kafka, and nearline folds it"):
        lag = history.start_nearline(stage)
        world = _past(stage, telling)
    with stage.chapter("The nightly: ingest, train, measure, gate, publish"):
        night.run_nightly(stage)
    with stage.chapter("Nearline has caught up, and pages are served"):
        online = night.start_online(stage)
        history.fold_history(stage, lag)
        service = Service(night.wait_online(stage, online))
    with stage.chapter("A member's page"):
        cast = watching.gather_cast(stage)
        page = watching.show_first_page(stage, service, cast.member)
    with stage.chapter("The member watches something new, and turns something down"):
        watching.watch_and_turn_down(stage, service, cast, page)
    with stage.chapter("A title is launched at noon"):
        launch.launch_title(stage, service, cast.member, cast.catalog)
    with stage.chapter("A brand-new profile"):
        newcomer.welcome(stage, service, cast.member.country, cast.catalog)
    with stage.chapter("What the models and the pages are worth"):
        if world is None:
            quality.show_held_out(stage)
        else:
            quality.compare(stage, service, world, [cast.member.profile_id])
    with stage.chapter("Three hundred page requests"):
        speed.measure(stage, cast.profile_ids, telling.world.seed)
    service.close()
    return cast.member


def _past(stage: Stage, telling: Telling) -> World | None:
    """The make-believe service's past, or the data set's: of real people, nobody knows the truth."""
    if telling.data is None:
        return history.live_a_month(stage, telling.world)
    history.import_data(stage, telling.data)
    return None


@contextmanager
def _ending(stage: Stage, *, keep: bool) -> Iterator[None]:
    """Stop everything at the end, also after an error, Ctrl-C, a TERM or a closed terminal."""
    previous = {
        number: signal.signal(number, _terminate) for number in (signal.SIGTERM, signal.SIGHUP)
    }
    try:
        yield
    except BaseException as error:
        _explain(stage, error)
        _stop(stage)
        raise
    finally:
        for number, handler in previous.items():
            signal.signal(number, handler)
    if keep:
        keep_place(stage.settings)
    else:
        _stop(stage)
        clear_place(stage.settings)


def _explain(stage: Stage, error: BaseException) -> None:
    if isinstance(error, TierEnded) and error.tail:
        stage.console.rule(f"the last lines of {error.log}", style="red", align="left")
        stage.console.print("\n".join(error.tail), markup=False, highlight=False)
    if isinstance(error, MarqueeError | KeyboardInterrupt | SystemExit):
        stage.say("[yellow]The story ends early; stopping what it started.[/yellow]")


def _stop(stage: Stage) -> None:
    """A second Ctrl-C must not leave half of it running."""
    previous = signal.signal(signal.SIGINT, signal.SIG_IGN)
    try:
        with stage.console.status("stopping"):
            stopped = stop_everything(stage.settings)
    finally:
        signal.signal(signal.SIGINT, previous)
    stage.say(f"stopped {', '.join(stopped)}" if stopped else "nothing was left running")


def _terminate(number: int, frame: FrameType | None) -> None:
    raise SystemExit(128 + number)
