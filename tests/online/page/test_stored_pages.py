"""Scrolling: further parts repeat the served page, for its profile only, filtered again."""

from typing import Any

import pytest

from online.problems import Problem
from shared.events.catalog import TitleWithdrawn
from shared.ids import TitleId
from shared.store.tables import PAGES
from tests.online.faults import FaultyStore
from tests.online.harness import ReplicaHarness
from tests.online.samples import digest_of, play


def all_rows(harness: ReplicaHarness, address: str | None) -> list[dict[str, Any]]:
    rows: list[dict[str, Any]] = []
    while address is not None:
        answer = harness.more(address)
        rows += answer["rows"]
        address = answer["more"]
    return rows


def test_the_whole_page_can_be_scrolled_through(harness: ReplicaHarness) -> None:
    page = harness.page()
    rows = page.rows + all_rows(harness, page.more)
    full_page = harness.page(request_id="whole", rows=40)
    assert [row["name"] for row in rows] == [row["name"] for row in full_page.rows]
    assert 12 < len(rows) <= 40


def test_further_columns_of_a_row_continue_its_ranks(harness: ReplicaHarness) -> None:
    page = harness.page(columns=5)
    part = harness.more(page.more, from_row="0", from_column="5", rows="1", columns="5")
    assert [tile["rank"] for tile in part["rows"][0]["tiles"]] == [5, 6, 7, 8, 9]


def test_later_events_and_generations_do_not_change_a_served_page(harness: ReplicaHarness) -> None:
    page = harness.page()
    first_rows = all_rows(harness, page.more)
    harness.put_digest(digest_of(plays=tuple(play(n) for n in range(40))))
    harness.publish("g2", seed=5)
    assert all_rows(harness, page.more) == first_rows


def test_a_withdrawn_title_is_left_out_and_the_others_keep_their_ranks(
    harness: ReplicaHarness,
) -> None:
    page = harness.page()
    first = all_rows(harness, page.more)[0]
    withdrawn_id = first["tiles"][1]["title_id"]
    harness.announce(TitleWithdrawn(title_id=TitleId(withdrawn_id)))
    harness.poll()
    second = all_rows(harness, page.more)[0]
    assert second["tiles"] == [tile for tile in first["tiles"] if tile["title_id"] != withdrawn_id]


def test_a_lower_ceiling_filters_and_a_higher_one_does_not_widen(harness: ReplicaHarness) -> None:
    page = harness.page(ceiling=12)
    assert {
        int(t["title_id"][1:]) % 5
        for row in harness.more(page.more, from_row="0", ceiling="0")["rows"]
        for t in row["tiles"]
    } == {0}
    assert harness.more(page.more, ceiling="18") == harness.more(page.more)


def test_another_profile_cannot_read_a_page(harness: ReplicaHarness) -> None:
    page = harness.page()
    with pytest.raises(Problem) as problem:
        harness.more(page.more, profile_id="p-2")
    assert problem.value.status == 404


def test_a_page_expires(harness: ReplicaHarness) -> None:
    page = harness.page()
    harness.clock.advance_ms(3_600_001)
    with pytest.raises(Problem) as problem:
        harness.more(page.more)
    assert problem.value.status == 404


def test_another_replica_reads_a_page_from_the_store(harness: ReplicaHarness) -> None:
    page = harness.page()
    expected = all_rows(harness, page.more)
    harness.restart()
    assert all_rows(harness, page.more) == expected


def test_a_failed_write_is_counted_and_the_page_scrolls_on_its_replica(
    harness: ReplicaHarness, store: FaultyStore
) -> None:
    store.down = frozenset({PAGES.name})
    page = harness.page()
    assert b"marquee_online_unstored_pages_total 1.0" in harness.service.metrics()
    assert all_rows(harness, page.more)


def test_an_unavailable_store_is_answered_503(harness: ReplicaHarness, store: FaultyStore) -> None:
    page = harness.page()
    harness.restart()
    store.down = frozenset({"*"})
    with pytest.raises(Problem) as problem:
        harness.more(page.more)
    assert problem.value.status == 503
