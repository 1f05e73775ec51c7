"""Scrolling: the rest of a page is the page as it was laid out, its owner's alone, and never shows
what may no longer be shown.
"""

from typing import Any

import pytest

from online.problems import Problem
from shared.events.catalog import TitleWithdrawn
from shared.ids import TitleId
from shared.store.tables import PAGES
from tests.online.faults import FaultyStore
from tests.online.kit import Stage, digest_of, play


def all_rows(stage: Stage, address: str | None) -> list[dict[str, Any]]:
    rows: list[dict[str, Any]] = []
    while address is not None:
        answer = stage.more(address)
        rows += answer["rows"]
        address = answer["more"]
    return rows


def test_the_whole_page_can_be_scrolled_through(stage: Stage) -> None:
    page = stage.page()
    rows = page.rows + all_rows(stage, page.more)
    whole = stage.page(request_id="whole", rows=40)
    assert [row["name"] for row in rows] == [row["name"] for row in whole.rows]
    assert 12 < len(rows) <= 40


def test_a_row_goes_on_to_the_right_with_its_ranks(stage: Stage) -> None:
    page = stage.page(columns=5)
    part = stage.more(page.more, from_row="0", from_column="5", rows="1", columns="5")
    assert [tile["rank"] for tile in part["rows"][0]["tiles"]] == [5, 6, 7, 8, 9]


def test_the_rest_stays_as_laid_out_whatever_happens_meanwhile(stage: Stage) -> None:
    page = stage.page()
    before = all_rows(stage, page.more)
    stage.put_digest(digest_of(plays=tuple(play(n) for n in range(40))))
    stage.publish("g2", seed=5)
    assert all_rows(stage, page.more) == before


def test_what_may_no_longer_be_shown_is_left_out_and_the_rest_keep_their_places(
    stage: Stage,
) -> None:
    page = stage.page()
    first = all_rows(stage, page.more)[0]
    gone = first["tiles"][1]["title_id"]
    stage.announce(TitleWithdrawn(title_id=TitleId(gone)))
    stage.look()
    again = all_rows(stage, page.more)[0]
    assert again["tiles"] == [tile for tile in first["tiles"] if tile["title_id"] != gone]


def test_a_lower_ceiling_filters_and_a_higher_one_does_not_widen(stage: Stage) -> None:
    page = stage.page(ceiling=12)
    assert {
        int(t["title_id"][1:]) % 5
        for row in stage.more(page.more, from_row="0", ceiling="0")["rows"]
        for t in row["tiles"]
    } == {0}
    assert stage.more(page.more, ceiling="18") == stage.more(page.more)


def test_another_profile_cannot_read_it(stage: Stage) -> None:
    page = stage.page()
    with pytest.raises(Problem) as problem:
        stage.more(page.more, profile_id="p-2")
    assert problem.value.status == 404


def test_after_its_time_it_is_gone(stage: Stage) -> None:
    page = stage.page()
    stage.clock.advance_ms(3_600_001)
    with pytest.raises(Problem) as problem:
        stage.more(page.more)
    assert problem.value.status == 404


def test_another_replica_reads_it_from_the_store(stage: Stage) -> None:
    page = stage.page()
    expected = all_rows(stage, page.more)
    stage.restart()
    assert all_rows(stage, page.more) == expected


def test_a_page_that_the_store_did_not_take_is_counted_and_scrolls_where_it_was_made(
    stage: Stage, store: FaultyStore
) -> None:
    store.down = frozenset({PAGES.name})
    page = stage.page()
    assert b"marquee_online_unstored_pages_total 1.0" in stage.service.metrics()
    assert all_rows(stage, page.more)


def test_a_store_that_is_down_is_told_as_such(stage: Stage, store: FaultyStore) -> None:
    page = stage.page()
    stage.restart()
    store.down = frozenset({"*"})
    with pytest.raises(Problem) as problem:
        stage.more(page.more)
    assert problem.value.status == 503
