"""A play reaches the page, for a profile with a history and for a new one."""

from collections.abc import Sequence

import pytest

from shared.catalog.titles import Title
from tests.scenarios.harness.platform import Platform, first_runtime_s

pytestmark = [pytest.mark.stack, pytest.mark.slow]

SCORED_BY_VECTOR = ("fresh_vector", "encoded_here")
"""The vector is nearline's, or the page's own when nearline has not used the newest encoder yet."""


def test_a_play_appears_in_continue_watching_and_changes_the_top_picks(platform: Platform) -> None:
    member = platform.active_members()[0]
    previous = member.fresh_page()
    assert member.fresh_page().title_ids("top_picks") == previous.title_ids("top_picks"), (
        "without events the page does not change"
    )
    title = platform.unwatched_title(previous, platform.digest(member.profile_id), row="top_picks")

    # Enough of the title to weigh in a long history, and not enough to finish it.
    minutes = int(0.8 * first_runtime_s(title) / 60)
    runtime_s = member.watches(title, minutes)

    page = member.page_that(lambda page: title.title_id in page.title_ids("continue_watching"))
    assert page.scored_by in SCORED_BY_VECTOR
    row = page.row("continue_watching")
    assert row is not None
    tile = row.tiles[row.title_ids().index(title.title_id)]
    assert tile.progress == pytest.approx(60 * minutes / runtime_s, abs=0.001)
    assert tile.reason is not None
    assert title.title_id not in page.title_ids("top_picks")
    assert _has_changed(previous.title_ids("top_picks"), page.title_ids("top_picks"), title)


def test_the_first_play_of_a_new_profile_personalizes_its_page(platform: Platform) -> None:
    member = platform.new_member()
    guest_page = member.fresh_page()
    assert (guest_page.scored_by, guest_page.signals_as_of) == ("popularity", None)
    assert guest_page.row("continue_watching") is None
    other_guest_page = platform.new_member().fresh_page()
    assert guest_page.title_ids("top_picks") == other_guest_page.title_ids("top_picks"), (
        "all guests of a country get the same page"
    )
    # The top picks of a guest are the most played titles, so a play of one changes the ranking.
    title = platform.unwatched_title(guest_page, row="top_picks")

    member.watches(title, minutes=15)

    page = member.page_that(lambda page: title.title_id in page.title_ids("continue_watching"))
    assert page.scored_by in SCORED_BY_VECTOR
    assert page.signals_as_of is not None
    assert page.title_ids("continue_watching") == [title.title_id]
    assert _has_changed(guest_page.title_ids("top_picks"), page.title_ids("top_picks"), title)


def _has_changed(previous: Sequence[str], current: Sequence[str], played: Title) -> bool:
    """Whether more has changed than the removal of the played title."""
    without_played = [title_id for title_id in previous if title_id != played.title_id]
    return list(current[: len(without_played)]) != without_played
