"""The past of a world: every visit up to now, through the logging policy, as events in time order."""

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np

from infra.world.behavior import VisitContext
from infra.world.policy import LoggingPolicy
from infra.world.profiles import Memory, Profile
from infra.world.titles import Titles
from infra.world.visits import Shown, Visits
from infra.world.watching import Said
from infra.world.wire import Wire, Wired
from shared.clock import DAY_MS
from shared.ids import PageId, VisitId


@dataclass(frozen=True)
class Cast:
    """The people of a world with what goes with each: memory and generator, by profile number."""

    profiles: tuple[Profile, ...]
    memories: tuple[Memory, ...]
    generators: tuple[np.random.Generator, ...]


class History:
    """Plays the past, day by day; a profile's visits depend on its own generator and on yesterday's
    popularity only.
    """

    def __init__(
        self, titles: Titles, cast: Cast, visits: Visits, policy: LoggingPolicy, wire: Wire
    ) -> None:
        self._titles = titles
        self._cast = cast
        self._visits = visits
        self._policy = policy
        self._wire = wire

    def play(self, start_ms: int, days: int) -> Iterator[Wired]:
        """Every event of the days from `start_ms` on, by time; events of a play that would outlast
        the end are not told.

        The catalog comes first, what is announced later comes at its time. A profile's facts come
        before its first visit.
        """
        end_ms = start_ms + days * DAY_MS
        waiting = [*self._titles_told(start_ms, end_ms), *self._facts_told()]
        for day in range(days):
            today = start_ms + day * DAY_MS
            for profile in self._cast.profiles:
                waiting.extend(self._day(profile, today))
            self._policy.end_day()
            # Stable: what one profile says in the same millisecond keeps its order.
            waiting.sort(key=_time)
            midnight = today + DAY_MS
            told = next(
                (place for place, event in enumerate(waiting) if event.time_ms >= midnight),
                len(waiting),
            )
            yield from waiting[:told]
            waiting = waiting[told:]

    def _titles_told(self, start_ms: int, end_ms: int) -> Iterator[Wired]:
        for number, title in enumerate(self._titles.catalog):
            told_ms = max(start_ms, int(self._titles.announce_ms[number]))
            if told_ms < end_ms:
                yield self._wire.title(title, told_ms, number)

    def _facts_told(self) -> Iterator[Wired]:
        for profile in self._cast.profiles:
            yield self._wire.facts(profile, self._cast.memories[profile.number], profile.joined_ms)

    def _day(self, profile: Profile, today_ms: int) -> Iterator[Wired]:
        rng, memory = self._cast.generators[profile.number], self._cast.memories[profile.number]
        for now_ms in self._visits.arrivals(profile, today_ms, 24, rng):
            if now_ms > max(profile.joined_ms, memory.busy_until_ms):
                yield from self._visit(profile, memory, now_ms, rng)

    def _visit(
        self, profile: Profile, memory: Memory, now_ms: int, rng: np.random.Generator
    ) -> Iterator[Wired]:
        context = VisitContext(now_ms, self._visits.device(profile, now_ms, rng))
        number = f"{self._wire.name}-{profile.number:06d}-{memory.visits}"
        page_id, visit_id = PageId(f"g-{number}"), VisitId(f"v-{number}")
        page = self._policy.page(profile, memory, now_ms, rng)
        tokens = self._policy.tokens(page)
        visit = self._visits.visit(
            profile, memory, context, Shown(page_id, page.grid, tokens), visit_id, rng
        )
        if visit.taken is not None:
            self._policy.played(visit.taken.title)
        return self._wire.visit(
            profile,
            memory,
            visit,
            before=[Said(now_ms, self._policy.served(page_id, page, tokens))],
        )


def _time(event: Wired) -> int:
    return event.time_ms
