"""A thumb down removes a title from the page, and taking it back restores the title."""

import pytest

from shared.events.feedback import Thumb
from shared.ids import TitleId
from tests.scenarios.harness.platform import Platform

pytestmark = [pytest.mark.stack, pytest.mark.slow]


def test_a_thumb_down_removes_a_title_and_its_withdrawal_restores_it(platform: Platform) -> None:
    member = platform.active_members()[1]
    rejected = TitleId(member.fresh_page().title_ids("top_picks")[0])

    member.does(Thumb(title_id=rejected, value=-1))
    page = member.page_that(lambda page: rejected not in page.title_ids())
    assert len(page.title_ids("top_picks")) > 1
    assert rejected not in member.page(device="phone", columns=12).title_ids()

    member.does(Thumb(title_id=rejected, value=0))
    member.page_that(lambda page: rejected in page.title_ids())
