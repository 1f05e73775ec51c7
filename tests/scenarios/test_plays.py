"""A play reaches the page: of a member with a past, and of a profile that nobody had heard of."""

from collections.abc import Sequence

import pytest

from shared.catalog.titles import Title
from tests.scenarios.platform import Platform

pytestmark = [pytest.mark.stack, pytest.mark.slow]

EMBEDDED = ("fresh_vector", "encoded_here")
"""By the profile's embedding: nearline's, or, where nearline has not met the newest encoder yet,
the page's own.
"""


def test_a_play_appears_in_continue_watching_and_moves_the_top_picks(platform: Platform) -> None:
    member = platform.regulars()[0]
    before = member.fresh_page()
    assert member.fresh_page().title_ids("top_picks") == before.title_ids("top_picks"), (
        "as long as nothing happens nothing moves"
    )
    title = platform.something_new(before, platform.digest(member.profile_id), row="top_picks")

    runtime_s = member.watches(title, minutes=20)

    after = member.page_that(lambda page: title.title_id in page.title_ids("continue_watching"))
    assert after.scored_by in EMBEDDED
    row = after.row("continue_watching")
    assert row is not None
    tile = row.tiles[row.title_ids().index(title.title_id)]
    assert tile.progress == pytest.approx(1200 / runtime_s, abs=0.001)
    assert tile.reason is not None
    assert title.title_id not in after.title_ids("top_picks")
    assert _moved(before.title_ids("top_picks"), after.title_ids("top_picks"), title)


def test_the_first_play_of_a_new_profile_turns_a_guests_page_into_its_own(
    platform: Platform,
) -> None:
    newcomer = platform.newcomer()
    guests = newcomer.fresh_page()
    assert (guests.scored_by, guests.signals_as_of) == ("popularity", None)
    assert guests.row("continue_watching") is None
    assert guests.title_ids("top_picks") == platform.newcomer().fresh_page().title_ids(
        "top_picks"
    ), "all guests of a country see the same"
    # A guest's top picks are what is watched most; the popular row below holds what they have left.
    title = platform.something_new(guests, row="top_picks")

    newcomer.watches(title, minutes=15)

    own = newcomer.page_that(lambda page: title.title_id in page.title_ids("continue_watching"))
    assert own.scored_by in EMBEDDED
    assert own.signals_as_of is not None
    assert own.title_ids("continue_watching") == [title.title_id]
    assert _moved(guests.title_ids("top_picks"), own.title_ids("top_picks"), title)


def _moved(before: Sequence[str], after: Sequence[str], begun: Title) -> bool:
    """Whether more has changed than that the title which was begun has left the row and the others
    have closed up.
    """
    closed_up = [title_id for title_id in before if title_id != begun.title_id]
    return list(after[: len(closed_up)]) != closed_up
