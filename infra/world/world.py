"""A whole world: titles, people, their past, and the truth about them."""

from collections.abc import Iterator

import numpy as np

from infra.feeding import Progress, nothing, pour
from infra.world.behavior import Behavior
from infra.world.history import Cast, History
from infra.world.policy import LoggingPolicy
from infra.world.profiles import Memory, Profile, make_profiles
from infra.world.settings import WorldSettings
from infra.world.titles import Titles, make_titles
from infra.world.truth import Truth
from infra.world.visits import Visits
from infra.world.wire import Wire, world_name
from shared.catalog.titles import Title
from shared.clock import DAY_MS
from shared.log.port import Producer


class World:
    """Everything is drawn from the settings' seed and from `now_ms`: the same two give the same
    world, event for event.

    A world is stateful in one way: playing its history moves what its people remember, and with it
    what the truth says of them. `history` can therefore be played once, and is played whole before
    the truth of "now" is asked or the world goes live.
    """

    def __init__(self, settings: WorldSettings, now_ms: int, titles: Titles, cast: Cast) -> None:
        self.settings = settings
        self.now_ms = now_ms
        self.titles = titles
        self.cast = cast
        self.behavior = Behavior(settings.choice, settings.visits, titles)
        self.visits = Visits(settings, titles, self.behavior)
        self.truth = Truth(titles, cast, self.behavior)
        self.wire = Wire(world_name(settings, now_ms))
        self._played = False

    @classmethod
    def create(cls, settings: WorldSettings, now_ms: int) -> "World":
        """Draw titles and people; costs no history yet."""
        for_titles, for_people, for_lives = np.random.SeedSequence(settings.seed).spawn(3)
        titles = make_titles(settings, now_ms, np.random.default_rng(for_titles))
        profiles = make_profiles(
            settings, now_ms, titles.directions, for_people.spawn(settings.profiles)
        )
        memories = tuple(Memory(np.zeros(len(titles), dtype=np.float32)) for _ in profiles)
        lives = tuple(np.random.default_rng(seed) for seed in for_lives.spawn(settings.profiles))
        return cls(settings, now_ms, titles, Cast(profiles, memories, lives))

    @property
    def profiles(self) -> tuple[Profile, ...]:
        """The people, by number."""
        return self.cast.profiles

    @property
    def start_ms(self) -> int:
        """When the history begins."""
        return self.now_ms - self.settings.days * DAY_MS

    def unannounced(self) -> tuple[Title, ...]:
        """Titles that exist in truth, and of which the catalog has not been told by now."""
        return tuple(
            title
            for title, told_ms in zip(self.titles.catalog, self.titles.announce_ms, strict=True)
            if told_ms >= self.now_ms
        )

    def history(self) -> Iterator[tuple[str, bytes, bytes]]:
        """(topic, key, value) of everything that happened before now, by time; can be played once.

        Raises:
            RuntimeError: it has been played, and the people's memories are no longer those of the
                beginning.
        """
        if self._played:
            raise RuntimeError(
                "a world's history is played once; create the world again to play it again"
            )
        self._played = True
        policy = LoggingPolicy(self.settings.policy, self.titles)
        past = History(self.titles, self.cast, self.visits, policy, self.wire)
        return (
            (event.topic, event.key, event.value)
            for event in past.play(self.start_ms, self.settings.days)
        )

    def remember(self) -> None:
        """Play the history without telling it, so that people are as they are now."""
        for _ in self.history():
            pass


def generate(world: World, producer: Producer, progress: Progress = nothing) -> int:
    """Write a world's whole history to the log; returns the number of events, all acknowledged.

    Raises:
        LogUnavailable: the log did not answer in time; create the world again and repeat, its event
            ids are the same.
    """
    return pour(world.history(), producer, progress)
