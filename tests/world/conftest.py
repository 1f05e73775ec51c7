"""One small world with its past, shared by the tests that only read it."""

from dataclasses import dataclass

import pytest

from infra.world import World, WorldSettings
from shared.catalog.titles import Title
from shared.events.accept import AcceptedEvent, accept
from shared.events.catalog import TitlePublished

NOW_MS = 1_700_000_000_000
SMALL = WorldSettings(titles=150, profiles=60, days=12, seed=3)

Event = tuple[str, bytes, bytes]


@dataclass(frozen=True)
class Past:
    """A world after its history, and the history."""

    world: World
    events: list[Event]
    accepted: list[AcceptedEvent]

    @property
    def catalog(self) -> dict[str, Title]:
        return {
            one.body.title.title_id: one.body.title
            for one in self.accepted
            if isinstance(one.body, TitlePublished)
        }


@pytest.fixture(scope="session")
def past() -> Past:
    world = World.create(SMALL, NOW_MS)
    events = list(world.history())
    return Past(world, events, [accept(value, NOW_MS, topic) for topic, _, value in events])
