"""A platform without a generation: not ready at first, then with a static page for every member."""

from contextlib import closing

import httpx
import msgspec
import pytest

from infra.wiring import open_log
from infra.world.settings import WorldSettings
from infra.world.world import World
from shared.api.state import ReadyAnswer
from shared.catalog.catalog import is_licensed, maturity_of
from shared.catalog.titles import Title
from shared.clock import SystemClock
from shared.events.catalog import TitlePublished
from shared.events.codec import encode
from shared.events.feedback import Thumb
from shared.ids import EventId, TitleId
from shared.log.port import Log, OutgoingRecord
from shared.topics import CATALOG
from tests.scenarios.harness.eventually import eventually
from tests.scenarios.harness.member import Member
from tests.scenarios.harness.replica import replica
from tests.stack import TestStack

pytestmark = [pytest.mark.stack, pytest.mark.slow]

CLOCK = SystemClock()
KIDS = 7


def test_without_a_generation_the_static_page_is_served_and_readiness_reports_it(
    stack: TestStack,
) -> None:
    settings = stack.fresh(partitions=1)
    titles = World.create(
        WorldSettings(titles=80, profiles=1, days=1, seed=4), CLOCK.now_ms()
    ).titles.catalog
    with closing(open_log(settings)) as log, replica(settings, log) as http:
        member = Member(http)
        assert http.get("/healthz").status_code == httpx.codes.OK
        _assert_not_ready(http, member)
        member.does(Thumb(title_id=TitleId("t-1"), value=1))

        _publish(log, titles)
        answer = eventually(
            lambda: http.get("/readyz"), lambda answer: answer.status_code == httpx.codes.OK
        )
        ready = msgspec.json.decode(answer.content, type=ReadyAnswer)
        assert (ready.ready, ready.generation, ready.static_page) == (True, None, True)

        page = member.page()
        assert (page.rung, page.generation) == ("static", None)
        assert page.rows
        by_id = {title.title_id: title for title in titles}
        child = Member(http, ceiling=KIDS, country="FR").page()
        assert child.title_ids()
        for title_id in child.title_ids():
            assert maturity_of(by_id[TitleId(title_id)]) <= KIDS
            assert is_licensed(by_id[TitleId(title_id)], "FR", CLOCK.now_ms())


def _assert_not_ready(http: httpx.Client, member: Member) -> None:
    ready = http.get("/readyz")
    assert ready.status_code == httpx.codes.SERVICE_UNAVAILABLE
    assert not msgspec.json.decode(ready.content, type=ReadyAnswer).ready
    answer = member.request_page()
    assert answer.status_code == httpx.codes.SERVICE_UNAVAILABLE
    assert answer.headers["content-type"].startswith("application/problem+json")
    assert int(answer.headers["retry-after"]) > 0


def _publish(log: Log, titles: tuple[Title, ...]) -> None:
    with closing(log.producer()) as producer:
        for title in titles:
            value = encode(
                TitlePublished(title=title),
                event_id=EventId(f"e-{title.title_id}"),
                event_time_ms=CLOCK.now_ms(),
            )
            producer.send(OutgoingRecord(CATALOG, title.title_id.encode(), value))
        producer.flush(60)
