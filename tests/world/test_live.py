"""Living members against a service that answers in process."""

import asyncio
from collections.abc import Callable
from dataclasses import dataclass, field, replace

import httpx
import msgspec
import pytest

from infra.world import World
from infra.world.live import LiveSettings, LiveStats, LiveWorld, SimulatedTime, shown_page
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
class Service(httpx.AsyncBaseTransport):
    """Answers with one popular page; keeps what is posted. The clock runs a second for every
    request.
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
    """Moves a little every time it is asked, so that waiting ends without sleeping for long."""

    def monotonic_s(self) -> float:
        self.advance_ms(20)
        return super().monotonic_s()


def _live(
    seconds: float, change: Callable[[Service], None] = lambda _: None
) -> tuple[Service, LiveStats]:
    world = World.create(TINY, NOW_MS)
    world.run_history()
    clock = RunningClock(NOW_MS + 2 * HOUR_MS)
    service = Service(world, clock)
    change(service)
    live = LiveWorld(
        world,
        LiveSettings("http://test", speed=60.0, visits_a_second=0.5, pause_s=0.0),
        clock,
        service,
    )
    return service, asyncio.run(live.run(seconds))


@pytest.fixture(scope="module")
def lived() -> tuple[Service, LiveStats]:
    return _live(400)


def test_members_visit_see_and_play(lived: tuple[Service, LiveStats]) -> None:
    service, stats = lived
    assert stats.visits > 20
    assert stats.failed_pages == stats.refused == 0
    assert stats.accepted == len(service.events)
    kinds = {type(one.body) for one in service.events}
    assert {Impression, PlayStarted} <= kinds


def test_what_is_posted_has_happened_and_keeps_each_member_s_order(
    lived: tuple[Service, LiveStats],
) -> None:
    service, _ = lived
    last: dict[str, int] = {}
    for one in service.events:
        assert one.envelope.profile_id is not None
        assert one.envelope.event_time_ms <= service.clock.now_ms()
        assert one.envelope.event_time_ms >= last.get(one.envelope.profile_id, 0)
        last[one.envelope.profile_id] = one.envelope.event_time_ms


def test_an_event_of_the_past_is_said_to_be_sent_now(lived: tuple[Service, LiveStats]) -> None:
    service, _ = lived
    assert all(
        one.envelope.sent_time_ms is not None and one.envelope.sent_time_ms >= NOW_MS + 2 * HOUR_MS
        for one in service.events
    )
    assert all(one.envelope.received_time_ms is None for one in service.events)


def test_plays_echo_the_token_of_their_tile(lived: tuple[Service, LiveStats]) -> None:
    service, _ = lived
    plays = [one.envelope.origin for one in service.events if isinstance(one.body, PlayStarted)]
    from_home = [origin for origin in plays if origin is not None and origin.kind == "home"]
    assert from_home
    assert all(
        origin.token == f"k{(origin.row or 0) * 8 + (origin.column or 0)}" for origin in from_home
    )


def test_a_post_that_fails_is_repeated_and_nothing_is_lost() -> None:
    def fail_twice(service: Service) -> None:
        service.failing_posts = 2

    service, stats = _live(200, fail_twice)
    assert stats.failed_posts == 2
    ids = [one.envelope.event_id for one in service.events]
    assert len(set(ids)) == len(ids) == stats.accepted > 0


def test_without_a_page_visitors_leave_and_say_nothing() -> None:
    def fail(service: Service) -> None:
        service.failing_pages = True

    service, stats = _live(100, fail)
    assert stats.failed_pages == stats.visits > 0
    assert service.events == []


def test_time_runs_fast_until_it_has_caught_up_with_the_wall() -> None:
    clock = ManualClock(NOW_MS + HOUR_MS)
    time = SimulatedTime(clock, NOW_MS, speed=61.0)
    clock.advance_ms(30_000)
    assert time.now_ms() == NOW_MS + 61 * 30_000
    clock.advance_ms(30_000)
    assert time.now_ms() == clock.now_ms()
    clock.advance_ms(30_000)
    assert time.now_ms() == clock.now_ms()


def test_a_page_with_titles_of_another_world_keeps_their_places_empty() -> None:
    world = World.create(TINY, NOW_MS)
    tiles = [
        TileAnswer(TitleId("t-elsewhere"), "", 0),
        TileAnswer(TitleId("t-00003"), "", 1, artwork="t-00003-1", token="k"),
    ]
    shown = shown_page(world, page_answer([("top_picks", tiles)]))
    assert shown.grid.title.tolist() == [-1, 3]
    assert shown.grid.variant.tolist() == [0, 1]
    assert shown.tokens == (None, "k")
