"""Catalog changes between two nightly runs: a launch and a withdrawal."""

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
from tests.scenarios.harness.platform import Platform

pytestmark = [pytest.mark.stack, pytest.mark.slow]

CLOCK = SystemClock()


def test_a_title_launched_between_nightly_runs_is_on_pages_until_it_is_withdrawn(
    platform: Platform,
) -> None:
    member = platform.active_members()[2]
    generation = member.fresh_page().generation
    title = _new_title(maturity=12)
    assert title.title_id not in member.fresh_page().title_ids()

    _publish(platform, title.title_id, TitlePublished(title=title))
    page = member.page_that(lambda page: title.title_id in page.title_ids())
    assert title.title_id in page.title_ids("new")
    assert page.generation == generation, "no nightly run has published"

    _publish(platform, title.title_id, TitleWithdrawn(title_id=title.title_id, reason="rights"))
    member.page_that(lambda page: title.title_id not in page.title_ids())


def test_a_launched_title_respects_the_maturity_ceiling_and_the_license(
    platform: Platform,
) -> None:
    adult, child, abroad = platform.new_member(), platform.new_member(), platform.new_member()
    child.ceiling, abroad.country = 7, "JP"
    title = _new_title(maturity=16, country=adult.country)

    _publish(platform, title.title_id, TitlePublished(title=title))
    adult.page_that(lambda page: title.title_id in page.title_ids())
    assert title.title_id not in child.page().title_ids()
    assert title.title_id not in abroad.page().title_ids()


def _new_title(maturity: int, country: str = EVERYWHERE) -> Title:
    now_ms = CLOCK.now_ms()
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


def _publish(platform: Platform, title_id: TitleId, body: Body) -> None:
    value = encode(body, event_id=EventId(f"e-{uuid.uuid4().hex}"), event_time_ms=CLOCK.now_ms())
    platform.send(OutgoingRecord(CATALOG, title_id.encode(), value))
