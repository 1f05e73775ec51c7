"""A thumb down takes a title off the page, and a later thumb up brings it back."""

import pytest

from shared.events.feedback import Thumb
from shared.ids import TitleId
from tests.scenarios.platform import Platform

pytestmark = [pytest.mark.stack, pytest.mark.slow]


def test_a_thumb_down_removes_a_title_from_the_next_page_and_taking_it_back_returns_it(
    platform: Platform,
) -> None:
    member = platform.regulars()[1]
    unwanted = TitleId(member.fresh_page().title_ids("top_picks")[0])

    member.does(Thumb(title_id=unwanted, value=-1))
    without = member.page_that(lambda page: unwanted not in page.title_ids())
    assert len(without.title_ids("top_picks")) > 1
    assert unwanted not in member.page(device="phone", columns=12).title_ids()

    member.does(Thumb(title_id=unwanted, value=0))
    member.page_that(lambda page: unwanted in page.title_ids())
