"""`marquee world generate` and `marquee world run`."""

from typing import Annotated

import typer

world = typer.Typer(
    help="Simulate a streaming service: write its history, or let its members visit.",
    no_args_is_help=True,
)


@world.command()
def generate(
    titles: Annotated[int, typer.Option(min=50, help="How many titles.")] = 800,
    profiles: Annotated[int, typer.Option(min=1, help="How many profiles.")] = 600,
    days: Annotated[int, typer.Option(min=1, help="Length of the history, up to now.")] = 30,
    seed: Annotated[int, typer.Option(help="Seed of all random draws.")] = 7,
    now_ms: Annotated[
        int | None,
        typer.Option(
            help="When the history ends (Unix ms); the same time and seed give the same events."
        ),
    ] = None,
) -> None:
    """Write a simulated service's titles, profiles and past visits to the log.

    The section [world] of the settings holds the numbers that the simulation draws from.

    Example: marquee world generate --profiles 100 --days 14
    """
    from rich.console import Console

    from infra.progress import counting
    from infra.settings import load_settings
    from infra.wiring import open_log
    from infra.world import World, WorldSettings
    from infra.world import generate as write
    from infra.world.world_file import save_world
    from shared.clock import SystemClock

    settings, out, clock = load_settings(), Console(stderr=True), SystemClock()
    made = World.create(
        WorldSettings(titles, profiles, days, seed), clock.now_ms() if now_ms is None else now_ms
    )
    log = open_log(settings)
    producer = log.producer()
    try:
        with counting(out, "events written") as progress:
            count = write(made, producer, progress)
    finally:
        producer.close()
        log.close()
    save_world(settings.home, made)
    out.print(
        f"{titles} titles, {profiles} profiles, {days} days: {count:,} events; {len(made.unannounced())} titles are yet to come"
    )


@world.command()
def run(
    speed: Annotated[
        float,
        typer.Option(
            min=1.0, help="Simulated seconds per second, until the simulation reaches the present."
        ),
    ] = 1.0,
    seconds: Annotated[float, typer.Option(help="Duration of the run.")] = 3600.0,
    rate: Annotated[
        float | None,
        typer.Option(
            min=0.01, help="Visits per second instead of the members' own habits; for load."
        ),
    ] = None,
    url: Annotated[
        str | None,
        typer.Option(help="Address of the page API; the default comes from the settings."),
    ] = None,
) -> None:
    """Let the members of the generated service visit the page API.

    Example: marquee world run --speed 60 --seconds 600
    """
    import asyncio

    from rich.console import Console

    from infra.settings import load_settings
    from infra.world.live import LiveSettings, LiveWorld
    from infra.world.world_file import load_world
    from shared.clock import SystemClock

    settings, out = load_settings(), Console(stderr=True)
    made = load_world(settings.home)
    with out.status("remembering the past"):
        made.run_history()
    live = LiveWorld(
        made,
        LiveSettings(
            url or f"http://{settings.online.host}:{settings.online.port}",
            speed,
            visits_a_second=rate,
        ),
        SystemClock(),
    )
    with out.status("members are visiting"):
        stats = asyncio.run(live.run(seconds))
    out.print(
        f"{stats.visits} visits ({stats.failed_pages} without a page), {stats.plays} titles taken, "
        f"{stats.accepted} events accepted, {stats.refused} refused"
    )
