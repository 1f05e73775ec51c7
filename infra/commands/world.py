"""`marquee world generate` and `marquee world run`."""

from typing import TYPE_CHECKING, Annotated

import typer

if TYPE_CHECKING:
    from infra.world.settings import WorldSettings

world = typer.Typer(
    help="Simulate a streaming service: write its history, or let its members visit.",
    no_args_is_help=True,
)


@world.command()
def generate(
    titles: Annotated[
        int | None, typer.Option(min=50, help="Number of titles, instead of world.titles.")
    ] = None,
    profiles: Annotated[
        int | None, typer.Option(min=1, help="Number of profiles, instead of world.profiles.")
    ] = None,
    days: Annotated[
        int | None, typer.Option(min=1, help="Days of history up to now, instead of world.days.")
    ] = None,
    seed: Annotated[
        int | None, typer.Option(help="Seed of all random draws, instead of world.seed.")
    ] = None,
    now_ms: Annotated[
        int | None,
        typer.Option(
            help="End of the history (Unix ms); the same time and seed give the same events."
        ),
    ] = None,
) -> None:
    """Write a simulated service's titles, profiles and past visits to the log.

    The section `world` of the settings holds the size, the seed and the numbers that the
    simulation draws from; `marquee settings world` lists them.

    Example: marquee world generate --profiles 100 --days 14
    """
    from contextlib import closing

    from rich.console import Console

    from infra.progress import counting
    from infra.settings import load_settings
    from infra.wiring import open_log
    from infra.world.world import World
    from infra.world.world import generate as produce_history
    from infra.world.world_file import save_world
    from shared.clock import SystemClock

    settings, out, clock = load_settings(), Console(stderr=True), SystemClock()
    shape = _resized(settings.world, titles, profiles, days, seed)
    simulated = World.create(shape, clock.now_ms() if now_ms is None else now_ms)
    with (
        closing(open_log(settings)) as log,
        closing(log.producer()) as producer,
        counting(out, "events written") as progress,
    ):
        count = produce_history(simulated, producer, progress)
    save_world(settings.home, simulated)
    out.print(
        f"{shape.titles} titles, {shape.profiles} profiles, {shape.days} days: {count:,} events; "
        f"{len(simulated.unannounced())} titles are not announced yet"
    )


def _resized(
    configured: "WorldSettings",
    titles: int | None,
    profiles: int | None,
    days: int | None,
    seed: int | None,
) -> "WorldSettings":
    """The configured world with the size and seed of the options that are set."""
    from dataclasses import replace

    return replace(
        configured,
        titles=configured.titles if titles is None else titles,
        profiles=configured.profiles if profiles is None else profiles,
        days=configured.days if days is None else days,
        seed=configured.seed if seed is None else seed,
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
    """Simulate visits of the generated members to the page API.

    Example: marquee world run --speed 60 --seconds 600
    """
    import asyncio

    from rich.console import Console

    from infra.settings import load_settings
    from infra.world.live import LiveSettings, LiveWorld
    from infra.world.world_file import load_world
    from shared.clock import SystemClock

    settings, out = load_settings(), Console(stderr=True)
    simulated = load_world(settings.home)
    with out.status("simulating the history"):
        simulated.run_history()
    address = url or f"http://{settings.online.host}:{settings.online.port}"
    live_settings = LiveSettings(address, speed, visits_a_second=rate)
    live = LiveWorld(simulated, live_settings, SystemClock())
    with out.status("members visit the page API"):
        stats = asyncio.run(live.run(seconds))
    out.print(
        f"{stats.visits} visits ({stats.failed_pages} without a page), {stats.plays} plays, "
        f"{stats.accepted} events accepted, {stats.refused} refused, "
        f"{stats.failed_posts} failed posts repeated"
    )
