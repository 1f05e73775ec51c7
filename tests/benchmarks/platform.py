"""The platform for the benchmarks: every tier is a process; the world has 15,000 titles."""

import random
import time
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from dataclasses import dataclass, replace
from functools import cached_property

from infra.demo.actions import ProfileActions
from infra.demo.lag import NearlineLag
from infra.local.tiers import NEARLINE, ONLINE, RunningTier, start_tier
from infra.settings import Settings
from infra.settings.sections import OnlineSettings
from infra.wiring import open_log
from infra.world.settings import WorldSettings
from infra.world.world import World, generate
from shared.catalog.titles import Title
from shared.clock import SystemClock
from shared.events.envelope import Origin
from shared.ids import ProfileId
from tests.stack import TestStack, free_ports

TITLES, PROFILES, DAYS, SEED = 15_000, 600, 7, 7
READY_WITHIN_S = 180.0
FOLDED_WITHIN_S = 1_800.0
POLL_S = 0.2


@dataclass(frozen=True)
class BenchmarkPlatform:
    """Settings of unused topics, tables and ports, and the world with its history in the log."""

    settings: Settings
    world: World
    events: int

    @cached_property
    def launched_titles(self) -> list[Title]:
        """The titles with a launch before the end of the history."""
        return [
            title for title in self.world.titles.catalog if title.launch_ms <= self.world.now_ms
        ]

    @cached_property
    def profile_ids(self) -> list[ProfileId]:
        """Every profile of the world."""
        return [profile.profile_id for profile in self.world.profiles]

    @property
    def address(self) -> str:
        """The base URL of the page API."""
        return f"http://127.0.0.1:{self.settings.online.port}"

    def plays(self, count: int, rng: random.Random) -> list[bytes]:
        """One heartbeat each of random profiles with random titles."""
        now_ms = SystemClock().now_ms()
        events: list[bytes] = []
        for _ in range(count):
            actions = ProfileActions(rng.choice(self.profile_ids), "GB")
            title = rng.choice(self.launched_titles)
            events.append(actions.watch(title, 60, now_ms, Origin("home"))[-1])
        return events


def prepare(stack: TestStack) -> BenchmarkPlatform:
    """Create topics and tables and write the history of the world."""
    settings = stack.fresh()
    metrics, online = free_ports(2)
    settings = replace(
        settings,
        nearline=replace(settings.nearline, metrics_port=metrics),
        online=replace(settings.online, port=online, replicas=OnlineSettings().replicas),
    )
    world = World.create(
        WorldSettings(titles=TITLES, profiles=PROFILES, days=DAYS, seed=SEED),
        SystemClock().now_ms(),
    )
    with closing(open_log(settings)) as log, closing(log.producer()) as producer:
        events = generate(world, producer)
    return BenchmarkPlatform(settings, world, events)


@contextmanager
def online(platform: BenchmarkPlatform, ingress: str) -> Iterator[RunningTier]:
    """The page API with this ingress, ready."""
    online_settings = replace(platform.settings.online, ingress=ingress)  # type: ignore[arg-type]
    with _running(start_tier(ONLINE, replace(platform.settings, online=online_settings))) as tier:
        yield tier


@contextmanager
def nearline(platform: BenchmarkPlatform) -> Iterator[NearlineLag]:
    """The worker, ready."""
    with _running(start_tier(NEARLINE, platform.settings)) as tier:
        yield NearlineLag(platform.settings, [tier])


@contextmanager
def _running(tier: RunningTier) -> Iterator[RunningTier]:
    try:
        tier.wait_ready(READY_WITHIN_S)
        yield tier
    finally:
        tier.stop()


def wait_until(done: Callable[[], bool], within_s: float) -> float:
    """Wait until `done()`; return the seconds. Raises TimeoutError after `within_s`."""
    began = time.monotonic()
    while not done():
        if time.monotonic() - began > within_s:
            raise TimeoutError(f"not done after {within_s:.0f} s")
        time.sleep(POLL_S)
    return time.monotonic() - began
