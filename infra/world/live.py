"""Simulated members over HTTP: they request pages, play titles and post events.

Runs at wall-clock speed or faster.
"""

import asyncio
import heapq
import itertools
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final

import httpx
import msgspec
import numpy as np

from infra.world.behavior import Grid, VisitContext
from infra.world.memory import Memory
from infra.world.names import COUNTRIES
from infra.world.profiles import SimulatedProfile
from infra.world.visits import ShownPage
from infra.world.world import World
from shared.api.events import MAX_EVENTS, EventBatch, EventsAnswer
from shared.api.page import PageAnswer, TileAnswer
from shared.clock import HOUR_MS, Clock
from shared.events.envelope import Envelope
from shared.ids import VisitId

_RETRY: Final = {httpx.codes.REQUEST_TIMEOUT, httpx.codes.TOO_MANY_REQUESTS}


@dataclass(frozen=True, slots=True)
class LiveSettings:
    """Settings of a live run."""

    base_url: str
    """Address of the page API."""
    speed: float = 1.0
    """Simulated seconds per second until the simulation reaches the wall clock; then 1."""
    visits_a_second: float | None = None
    """Open-loop rate of visits, for load; None means the habits of each profile."""
    max_requests: int = 32
    """Concurrent page requests; further visits wait."""
    pause_s: float = 0.25
    """Interval between two posts of due events."""
    timeout_s: float = 5.0
    """Time limit of one request."""


@dataclass
class LiveStats:
    """Counters of a live run."""

    visits: int = 0
    failed_pages: int = 0
    plays: int = 0
    accepted: int = 0
    refused: int = 0
    failed_posts: int = 0
    """Posts that failed and were repeated."""


class SimulatedTime:
    """Time that runs from `start_ms` at `speed` and never passes the wall clock."""

    def __init__(self, clock: Clock, start_ms: int, speed: float) -> None:
        self._clock = clock
        self._start_ms = start_ms
        self._speed = speed
        self._started_s = clock.monotonic_s()

    def now_ms(self) -> int:
        """Return the simulated time."""
        elapsed_ms = (self._clock.monotonic_s() - self._started_s) * 1000
        return min(self._clock.now_ms(), self._start_ms + int(elapsed_ms * self._speed))

    def seconds_until(self, time_ms: int) -> float:
        """Return the seconds to sleep until then, at most 1, because the speed can change."""
        return min(max((time_ms - self.now_ms()) / 1000 / self._speed, 0.0), 1.0)


class LiveWorld:
    """Continues a simulation after its history; used from one event loop.

    Events are posted in order when they are due; a failed post is repeated with the same event ids.
    Events that are not due at the end of the run are lost, as after a crash of a client.
    """

    def __init__(
        self,
        world: World,
        settings: LiveSettings,
        clock: Clock,
        transport: httpx.AsyncBaseTransport | None = None,
    ) -> None:
        self.stats = LiveStats()
        self._transport = transport
        self._world = world
        self._settings = settings
        self._clock = clock
        self._time = SimulatedTime(clock, world.now_ms, settings.speed)
        self._due: list[tuple[int, int, Envelope]] = []
        self._order = itertools.count()
        self._rng = np.random.default_rng([world.settings.seed, world.now_ms])
        self._visiting: set[int] = set()

    async def run(self, seconds: float) -> LiveStats:
        """Start visits for so many seconds, then wait until they end."""
        limits = httpx.Limits(max_connections=self._settings.max_requests + 4)
        async with (
            httpx.AsyncClient(
                base_url=self._settings.base_url,
                timeout=self._settings.timeout_s,
                limits=limits,
                transport=self._transport,
            ) as client,
            asyncio.TaskGroup() as group,
        ):
            poster = group.create_task(self._post_forever(client))
            visits = await self._start_visits(client, group, self._clock.monotonic_s() + seconds)
            if visits:
                await asyncio.wait(visits)
            poster.cancel()
            await self._post_due(client)
        return self.stats

    async def _start_visits(
        self, client: httpx.AsyncClient, group: asyncio.TaskGroup, until_s: float
    ) -> set[asyncio.Task[None]]:
        """Start each visit at its time; return the visits that run at `until_s`."""
        slots = asyncio.Semaphore(self._settings.max_requests)
        visits: set[asyncio.Task[None]] = set()
        for profile, time_ms in self._arrivals():
            while (
                self._time.now_ms() < time_ms
                and (remaining_s := until_s - self._clock.monotonic_s()) > 0
            ):
                await asyncio.sleep(min(self._time.seconds_until(time_ms), remaining_s))
            if self._clock.monotonic_s() >= until_s:
                break
            visits.add(task := group.create_task(self._visit(client, slots, profile, time_ms)))
            task.add_done_callback(visits.discard)
            await asyncio.sleep(0)
        return visits

    def _arrivals(self) -> Iterator[tuple[SimulatedProfile, int]]:
        """Yield profiles and the times of their visits, by time, without end."""
        if self._settings.visits_a_second is not None:
            yield from self._open_loop(self._settings.visits_a_second)
            return
        hour_ms = self._time.now_ms()
        while True:
            arrivals = [
                (time_ms, profile.number)
                for profile in self._world.profiles
                for time_ms in self._world.visits.arrivals(
                    profile, hour_ms, 1, self._world.population.generators[profile.number]
                )
            ]
            for time_ms, number in sorted(arrivals):
                yield self._world.profiles[number], time_ms
            hour_ms += HOUR_MS

    def _open_loop(self, rate: float) -> Iterator[tuple[SimulatedProfile, int]]:
        activity = np.array([profile.visits_a_week for profile in self._world.profiles])
        time_ms = float(self._time.now_ms())
        while True:
            time_ms += 1000 * self._rng.exponential(1 / rate)
            yield (
                self._world.profiles[
                    int(self._rng.choice(len(activity), p=activity / activity.sum()))
                ],
                int(time_ms),
            )

    async def _visit(
        self,
        client: httpx.AsyncClient,
        slots: asyncio.Semaphore,
        profile: SimulatedProfile,
        time_ms: int,
    ) -> None:
        memory = self._world.population.memories[profile.number]
        by_rate = self._settings.visits_a_second is not None
        if profile.number in self._visiting or (memory.busy_until_ms > time_ms and not by_rate):
            return
        self._visiting.add(profile.number)
        try:
            async with slots:
                await self._request_and_act(client, profile, memory)
        finally:
            self._visiting.discard(profile.number)

    async def _request_and_act(
        self, client: httpx.AsyncClient, profile: SimulatedProfile, memory: Memory
    ) -> None:
        rng, now_ms = self._world.population.generators[profile.number], self._time.now_ms()
        context = VisitContext(now_ms, self._world.visits.device(profile, now_ms, rng))
        self.stats.visits += 1
        page = await self._page(client, profile, context)
        if page is None:
            self.stats.failed_pages += 1
            return
        visit_id = VisitId(
            f"v-{self._world.encoder.world_name}-{profile.number:06d}-{memory.visits}"
        )
        visit = self._world.visits.visit(profile, memory, context, page, visit_id, rng)
        self.stats.plays += visit.choice is not None
        for draft in visit.events:
            envelope = self._world.encoder.envelope(
                profile, memory, visit_id, context.device, draft
            )
            heapq.heappush(self._due, (draft.time_ms, next(self._order), envelope))

    async def _page(
        self, client: httpx.AsyncClient, profile: SimulatedProfile, context: VisitContext
    ) -> ShownPage | None:
        """Request the page of a visit; None if the request fails."""
        query = {"device": context.device, "country": COUNTRIES[profile.country].code}
        try:
            answer = await client.get(f"/v1/profiles/{profile.profile_id}/page", params=query)
        except httpx.TransportError:
            return None
        if answer.status_code != httpx.codes.OK:
            return None
        page = msgspec.json.decode(answer.content, type=PageAnswer)
        return shown_page(self._world, page)

    async def _post_forever(self, client: httpx.AsyncClient) -> None:
        while True:
            await self._post_due(client)
            await asyncio.sleep(self._settings.pause_s)

    async def _post_due(self, client: httpx.AsyncClient) -> None:
        """Post due events in order; stop at a failed post, which the next call repeats."""
        while self._due and self._due[0][0] <= self._time.now_ms():
            batch: list[tuple[int, int, Envelope]] = []
            while self._due and len(batch) < MAX_EVENTS and self._due[0][0] <= self._time.now_ms():
                batch.append(heapq.heappop(self._due))
            if not await self._post(client, [envelope for _, _, envelope in batch]):
                self.stats.failed_posts += 1
                for entry in batch:
                    heapq.heappush(self._due, entry)
                return

    async def _post(self, client: httpx.AsyncClient, envelopes: list[Envelope]) -> bool:
        """Post a batch; return False if it must be repeated."""
        # Events of the past are sent now, so the gateway does not see a wrong client clock.
        now_ms = self._clock.now_ms()
        sent = [
            msgspec.structs.replace(envelope, sent_time_ms=now_ms, received_time_ms=None)
            for envelope in envelopes
        ]
        body = msgspec.json.encode(EventBatch(sent))
        try:
            answer = await client.post(
                "/v1/events", content=body, headers={"content-type": "application/json"}
            )
        except httpx.TransportError:
            return False
        if answer.status_code >= httpx.codes.INTERNAL_SERVER_ERROR or answer.status_code in _RETRY:
            return False
        accepted = 0
        if answer.status_code == httpx.codes.ACCEPTED:
            accepted = msgspec.json.decode(answer.content, type=EventsAnswer).accepted
        self.stats.accepted += accepted
        self.stats.refused += len(envelopes) - accepted
        return True


def shown_page(world: World, page: PageAnswer) -> ShownPage:
    """Return a page by the world's numbers; a title of another world gets the number -1."""
    numbers = [
        np.array([world.titles.number.get(title_id, -1) for title_id in row.title_ids()], np.int64)
        for row in page.rows
    ]
    tiles = [tile for row in page.rows for tile in row.tiles]
    variants = np.array([_variant(world, tile) for tile in tiles], dtype=np.int64)
    grid = Grid.of([row.kind for row in page.rows], numbers, variants)
    return ShownPage(page.page_id, grid, tuple(tile.token for tile in tiles))


def _variant(world: World, tile: TileAnswer) -> int:
    """Return the index of the tile's artwork among those of the title; 0 if it is unknown."""
    number = world.titles.number.get(tile.title_id)
    if number is None:
        return 0
    artwork_ids = [artwork.artwork_id for artwork in world.titles.catalog[number].artworks]
    return artwork_ids.index(tile.artwork) if tile.artwork in artwork_ids else 0
