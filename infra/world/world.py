"""A whole world: titles, profiles, their history, and the truth about them."""

from collections.abc import Iterator

import numpy as np

from infra.bulk_produce import ReportProgress, bulk_produce, ignore_progress
from infra.world.behavior import Behavior
from infra.world.catalog.drawing import draw_titles
from infra.world.catalog.titles import Titles
from infra.world.encoding import EventEncoder, world_name
from infra.world.history import History, Population
from infra.world.memory import Memory
from infra.world.policy import LoggingPolicy
from infra.world.profiles import SimulatedProfile, draw_profiles
from infra.world.settings import WorldSettings
from infra.world.truth import Truth
from infra.world.visits import VisitSimulator
from shared.catalog.titles import Title
from shared.clock import DAY_MS
from shared.log.port import Producer


class World:
    """A simulated service. The same settings and `now_ms` give the same world, event for event.

    Simulating the history changes the memories of the profiles, and with them the truth. The
    history can therefore run only once. Run all of it before reading the truth of "now" or
    starting live visits.
    """

    def __init__(
        self, settings: WorldSettings, now_ms: int, titles: Titles, population: Population
    ) -> None:
        self.settings = settings
        self.now_ms = now_ms
        self.titles = titles
        self.population = population
        self.behavior = Behavior(settings.choice, settings.visits, titles)
        self.visits = VisitSimulator(settings, titles, self.behavior)
        self.truth = Truth(titles, population, self.behavior)
        self.encoder = EventEncoder(world_name(settings, now_ms))
        self._has_run = False

    @classmethod
    def create(cls, settings: WorldSettings, now_ms: int) -> "World":
        """Draw titles and profiles, without any history."""
        title_seed, profile_seed, visit_seed = np.random.SeedSequence(settings.seed).spawn(3)
        titles = draw_titles(settings, now_ms, np.random.default_rng(title_seed))
        profiles = draw_profiles(
            settings, now_ms, titles.directions, profile_seed.spawn(settings.profiles)
        )
        memories = tuple(Memory(np.zeros(len(titles), dtype=np.float32)) for _ in profiles)
        seeds = visit_seed.spawn(settings.profiles)
        generators = tuple(np.random.default_rng(seed) for seed in seeds)
        return cls(settings, now_ms, titles, Population(profiles, memories, generators))

    @property
    def profiles(self) -> tuple[SimulatedProfile, ...]:
        """The profiles, by number."""
        return self.population.profiles

    @property
    def start_ms(self) -> int:
        """The start of the history."""
        return self.now_ms - self.settings.days * DAY_MS

    def unannounced(self) -> tuple[Title, ...]:
        """Titles of which no record is published before now."""
        return tuple(
            title
            for title, announce_ms in zip(self.titles.catalog, self.titles.announce_ms, strict=True)
            if announce_ms >= self.now_ms
        )

    def history(self) -> Iterator[tuple[str, bytes, bytes]]:
        """(topic, key, value) of every event before now, in time order; can run only once.

        Raises:
            RuntimeError: the history has run, so the memories are not those of its start.
        """
        if self._has_run:
            raise RuntimeError(
                "a world's history can run only once; create the world again to repeat it"
            )
        self._has_run = True
        policy = LoggingPolicy(self.settings.policy, self.titles)
        history = History(self.titles, self.population, self.visits, policy, self.encoder)
        return (
            (event.topic, event.key, event.value)
            for event in history.simulate(self.start_ms, self.settings.days)
        )

    def run_history(self) -> None:
        """Run the history and drop its events, so that memories and truth are those of now."""
        for _ in self.history():
            pass


def generate(
    world: World, producer: Producer, report_progress: ReportProgress = ignore_progress
) -> int:
    """Write a world's whole history to the log; return the number of events, all acknowledged.

    Raises:
        LogUnavailable: the log did not answer in time. Create the world again and repeat: its event
            ids are the same.
    """
    return bulk_produce(world.history(), producer, report_progress)
