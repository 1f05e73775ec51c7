"""Live members against a fake service in the same process."""

import asyncio
from collections.abc import Callable
from dataclasses import dataclass, field, replace

import httpx
import msgspec
import pytest

from infra.world.live import LiveSettings, LiveStats, LiveWorld, SimulatedTime, shown_page
from infra.world.world import World
from shared.api.events import EventsAnswer
from shared.api.page import TileAnswer
from shared.clock import HOUR_MS, ManualClock
from shared.events.accept import AcceptedEvent, accept
from shared.events.exposures import Impression
from shared.events.plays import PlayStarted
from shared.ids import TitleId
from tests.answers import page_answer
from tests.world.conftest import NOW_MS, SMALL

TINY = replace(SMALL, titles=80, profiles=30, days=3)


@dataclass
class FakeService(httpx.AsyncBaseTransport):
    """Responds with a page of eligible titles and stores posted events.

    Every request advances the clock by one second.
    """

    world: World
    clock: ManualClock
    failing_posts: int = 0
    failing_pages: bool = False
    events: list[AcceptedEvent] = field(default_factory=list)
    batches: list[int] = field(default_factory=list)
    sent_ms: list[int] = field(default_factory=list)

    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
        self.clock.advance_ms(1_000)
        return (
            self._events(await request.aread())
            if request.url.path == "/v1/events"
            else self._page(request)
        )

    def _page(self, request: httpx.Request) -> httpx.Response:
        if self.failing_pages:
            return httpx.Response(503, json={"title": "not ready"})
        profile = next(p for p in self.world.profiles if p.profile_id in request.url.path)
        titles = self.world.truth.eligible(profile.profile_id, self.clock.now_ms())[:40]
        tiles = [
            TileAnswer(TitleId(title), "", rank, token=f"k{rank}")
            for rank, title in enumerate(["t-elsewhere", *titles])
        ]
        rows = [("top_picks", tiles[start : start + 8]) for start in range(0, len(tiles), 8)]
        page = page_answer(rows, f"page-{len(self.events)}")
        return httpx.Response(200, content=msgspec.json.encode(page))

    def _events(self, body: bytes) -> httpx.Response:
        if self.failing_posts:
            self.failing_posts -= 1
            raise httpx.ConnectError("refused")
        batch = msgspec.json.decode(body, type=dict[str, list[msgspec.Raw]])["events"]
        accepted = [accept(bytes(event), self.clock.now_ms()) for event in batch]
        self.batches.append(len(batch))
        self.events.extend(accepted)
        return httpx.Response(202, content=msgspec.json.encode(EventsAnswer(len(batch), ())))


class RunningClock(ManualClock):
    """Advances by 20 ms at every reading, so that waits end early."""

    def monotonic_s(self) -> float:
        self.advance_ms(20)
        return super().monotonic_s()


def _live(
    seconds: float, change: Callable[[FakeService], None] = lambda _: None
) -> tuple[FakeService, LiveStats]:
    world = World.create(TINY, NOW_MS)
    world.run_history()
    clock = RunningClock(NOW_MS + 2 * HOUR_MS)
    service = FakeService(world, clock)
    change(service)
    live = LiveWorld(
        world,
        LiveSettings("http://test", speed=60.0, visits_a_second=0.5, pause_s=0.0),
        clock,
        service,
    )
    return service, asyncio.run(live.run(seconds))


@pytest.fixture(scope="module")
def live_run() -> tuple[FakeService, LiveStats]:
    return _live(400)


def test_members_send_impressions_and_plays(live_run: tuple[FakeService, LiveStats]) -> None:
    service, stats = live_run
    assert stats.visits > 20
    assert stats.failed_pages == stats.refused == 0
    assert stats.accepted == len(service.events)
    kinds = {type(event.body) for event in service.events}
    assert {Impression, PlayStarted} <= kinds


def test_posted_events_are_in_the_past_and_in_each_member_s_time_order(
    live_run: tuple[FakeService, LiveStats],
) -> None:
    service, _ = live_run
    last: dict[str, int] = {}
    for event in service.events:
        assert event.envelope.profile_id is not None
        assert event.envelope.event_time_ms <= service.clock.now_ms()
        assert event.envelope.event_time_ms >= last.get(event.envelope.profile_id, 0)
        last[event.envelope.profile_id] = event.envelope.event_time_ms


def test_sent_time_is_now_even_for_an_event_of_the_past(
    live_run: tuple[FakeService, LiveStats],
) -> None:
    service, _ = live_run
    assert all(
        event.envelope.sent_time_ms is not None
        and event.envelope.sent_time_ms >= NOW_MS + 2 * HOUR_MS
        for event in service.events
    )
    assert all(event.envelope.received_time_ms is None for event in service.events)


def test_a_play_has_the_token_of_its_tile(live_run: tuple[FakeService, LiveStats]) -> None:
    service, _ = live_run
    plays = [
        event.envelope.origin for event in service.events if isinstance(event.body, PlayStarted)
    ]
    from_home = [origin for origin in plays if origin is not None and origin.kind == "home"]
    assert from_home
    assert all(
        origin.token == f"k{(origin.row or 0) * 8 + (origin.column or 0)}" for origin in from_home
    )


def test_a_failed_post_is_repeated_and_no_event_is_lost() -> None:
    def fail_twice(service: FakeService) -> None:
        service.failing_posts = 2

    service, stats = _live(200, fail_twice)
    assert stats.failed_posts == 2
    ids = [event.envelope.event_id for event in service.events]
    assert len(set(ids)) == len(ids) == stats.accepted > 0


def test_visitors_without_a_page_send_no_events() -> None:
    def fail(service: FakeService) -> None:
        service.failing_pages = True

    service, stats = _live(100, fail)
    assert stats.failed_pages == stats.visits > 0
    assert service.events == []


def test_simulated_time_is_fast_until_it_reaches_the_wall_clock() -> None:
    clock = ManualClock(NOW_MS + HOUR_MS)
    time = SimulatedTime(clock, NOW_MS, speed=61.0)
    clock.advance_ms(30_000)
    assert time.now_ms() == NOW_MS + 61 * 30_000
    clock.advance_ms(30_000)
    assert time.now_ms() == clock.now_ms()
    clock.advance_ms(30_000)
    assert time.now_ms() == clock.now_ms()


def test_titles_of_another_world_are_unknown_tiles() -> None:
    world = World.create(TINY, NOW_MS)
    tiles = [
        TileAnswer(TitleId("t-elsewhere"), "", 0),
        TileAnswer(TitleId("t-00003"), "", 1, artwork="t-00003-1", token="k"),
    ]
    page = shown_page(world, page_answer([("top_picks", tiles)]))
    assert page.grid.title.tolist() == [-1, 3]
    assert page.grid.variant.tolist() == [0, 1]
    assert page.tokens == (None, "k")
