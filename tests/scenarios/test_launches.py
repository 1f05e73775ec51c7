"""The catalog between two nights: a title is launched at noon, and one is withdrawn."""

import uuid

import pytest

from shared.catalog.titles import EVERYWHERE, Title, Window
from shared.clock import SystemClock
from shared.events.body import Body
from shared.events.catalog import TitlePublished, TitleWithdrawn
from shared.events.codec import encode
from shared.ids import EventId, TitleId
from shared.log.port import OutgoingRecord
from shared.topics import CATALOG
from tests.scenarios.platform import Platform

pytestmark = [pytest.mark.stack, pytest.mark.slow]

NOON = SystemClock()


def test_a_title_launched_between_nightlies_appears_on_a_page_and_goes_when_it_is_withdrawn(
    platform: Platform,
) -> None:
    member = platform.regulars()[2]
    generation = member.fresh_page().generation
    premiere = _premiere(maturity=12)
    assert premiere.title_id not in member.fresh_page().title_ids()

    _tell(platform, premiere.title_id, TitlePublished(title=premiere))
    shown = member.page_that(lambda page: premiere.title_id in page.title_ids())
    assert premiere.title_id in shown.title_ids("new")
    assert shown.generation == generation, "no night has passed"

    _tell(platform, premiere.title_id, TitleWithdrawn(title_id=premiere.title_id, reason="rights"))
    member.page_that(lambda page: premiere.title_id not in page.title_ids())


def test_a_launch_is_seen_by_those_only_whom_it_suits_and_where_it_may_be_shown(
    platform: Platform,
) -> None:
    grown_up, child, abroad = platform.newcomer(), platform.newcomer(), platform.newcomer()
    child.ceiling, abroad.country = 7, "JP"
    premiere = _premiere(maturity=16, country=grown_up.country)

    _tell(platform, premiere.title_id, TitlePublished(title=premiere))
    grown_up.page_that(lambda page: premiere.title_id in page.title_ids())
    assert premiere.title_id not in child.page().title_ids()
    assert premiere.title_id not in abroad.page().title_ids()


def _premiere(maturity: int, country: str = EVERYWHERE) -> Title:
    now_ms = NOON.now_ms()
    return Title(
        title_id=TitleId(f"t-noon-{uuid.uuid4().hex}"),
        name="The Noon Premiere",
        kind="film",
        genres=("Drama",),
        runtime_s=6_000,
        launch_ms=now_ms,
        windows=(Window(country, now_ms),),
        maturity=maturity,
    )


def _tell(platform: Platform, title_id: TitleId, body: Body) -> None:
    value = encode(body, event_id=EventId(f"e-{uuid.uuid4().hex}"), event_time_ms=NOON.now_ms())
    platform.send(OutgoingRecord(CATALOG, title_id.encode(), value))
