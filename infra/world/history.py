"""The history of a world: every visit up to now, served by the logging policy, as sorted events."""

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np

from infra.world.behavior import VisitContext
from infra.world.catalog.titles import Titles
from infra.world.encoding import EncodedEvent, EventEncoder
from infra.world.memory import Memory
from infra.world.policy import LoggingPolicy
from infra.world.profiles import SimulatedProfile
from infra.world.viewing import EventDraft
from infra.world.visits import ShownPage, VisitSimulator
from shared.clock import DAY_MS
from shared.ids import PageId, VisitId


@dataclass(frozen=True)
class Population:
    """The profiles of a world with their memories and random generators, by profile number."""

    profiles: tuple[SimulatedProfile, ...]
    memories: tuple[Memory, ...]
    generators: tuple[np.random.Generator, ...]


class History:
    """Simulates the past day by day.

    A profile's visits depend on its own generator and on the popularity of the days before only.
    """

    def __init__(
        self,
        titles: Titles,
        population: Population,
        visits: VisitSimulator,
        policy: LoggingPolicy,
        encoder: EventEncoder,
    ) -> None:
        self._titles = titles
        self._population = population
        self._visits = visits
        self._policy = policy
        self._encoder = encoder

    def simulate(self, start_ms: int, days: int) -> Iterator[EncodedEvent]:
        """Every event of `days` days from `start_ms` on, in time order.

        The catalog comes first; later announcements come at their time. A profile's facts come
        before its first visit. Events of a play that continues after the end are left out.
        """
        end_ms = start_ms + days * DAY_MS
        pending = [*self._announcements(start_ms, end_ms), *self._profile_facts()]
        for day in range(days):
            day_ms = start_ms + day * DAY_MS
            for profile in self._population.profiles:
                pending.extend(self._day(profile, day_ms))
            self._policy.end_day()
            # The sort is stable: events of a profile in the same millisecond keep their order.
            pending.sort(key=_time_ms)
            midnight = day_ms + DAY_MS
            count = next(
                (index for index, event in enumerate(pending) if event.time_ms >= midnight),
                len(pending),
            )
            yield from pending[:count]
            pending = pending[count:]

    def _announcements(self, start_ms: int, end_ms: int) -> Iterator[EncodedEvent]:
        for number, title in enumerate(self._titles.catalog):
            announce_ms = max(start_ms, int(self._titles.announce_ms[number]))
            if announce_ms < end_ms:
                yield self._encoder.title(title, announce_ms, number)

    def _profile_facts(self) -> Iterator[EncodedEvent]:
        for profile in self._population.profiles:
            memory = self._population.memories[profile.number]
            yield self._encoder.facts(profile, memory, profile.joined_ms)

    def _day(self, profile: SimulatedProfile, day_ms: int) -> Iterator[EncodedEvent]:
        rng = self._population.generators[profile.number]
        memory = self._population.memories[profile.number]
        for now_ms in self._visits.arrivals(profile, day_ms, 24, rng):
            if now_ms > max(profile.joined_ms, memory.busy_until_ms):
                yield from self._visit(profile, memory, now_ms, rng)

    def _visit(
        self, profile: SimulatedProfile, memory: Memory, now_ms: int, rng: np.random.Generator
    ) -> Iterator[EncodedEvent]:
        context = VisitContext(now_ms, self._visits.device(profile, now_ms, rng))
        name = f"{self._encoder.world_name}-{profile.number:06d}-{memory.visits}"
        page_id, visit_id = PageId(f"g-{name}"), VisitId(f"v-{name}")
        page = self._policy.page(profile, memory, now_ms, rng)
        tokens = self._policy.tokens(page)
        shown_page = ShownPage(page_id, page.grid, tokens)
        visit = self._visits.visit(profile, memory, context, shown_page, visit_id, rng)
        if visit.choice is not None:
            self._policy.count_play(visit.choice.title)
        served = EventDraft(now_ms, self._policy.served(page_id, page, tokens))
        return self._encoder.events(
            profile, memory, visit_id, context.device, [served, *visit.events]
        )


def _time_ms(event: EncodedEvent) -> int:
    return event.time_ms
