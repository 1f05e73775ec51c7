"""One small world with its history, shared by the tests that only read it."""

from dataclasses import dataclass

import pytest

from infra.world.settings import WorldSettings
from infra.world.world import World
from shared.catalog.titles import Title
from shared.events.accept import AcceptedEvent, accept
from shared.events.catalog import TitlePublished

NOW_MS = 1_700_000_000_000
SMALL = WorldSettings(titles=150, profiles=60, days=12, seed=3)


@dataclass(frozen=True)
class WorldHistory:
    """A world after its history ran, and the events of the history."""

    world: World
    events: list[tuple[str, bytes, bytes]]
    accepted: list[AcceptedEvent]

    @property
    def catalog(self) -> dict[str, Title]:
        return {
            event.body.title.title_id: event.body.title
            for event in self.accepted
            if isinstance(event.body, TitlePublished)
        }


@pytest.fixture(scope="session")
def history() -> WorldHistory:
    world = World.create(SMALL, NOW_MS)
    events = list(world.history())
    return WorldHistory(world, events, [accept(value, NOW_MS, topic) for topic, _, value in events])
