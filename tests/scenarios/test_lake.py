"""From a member's remote control into the lake: nothing is lost on the way, and nothing comes in
twice.
"""

from collections import Counter
from pathlib import Path

import pytest

from infra.cli import EXIT_CODES
from shared.errors import LeaseHeld
from shared.events.envelope import Origin
from shared.events.searches import SearchPerformed
from shared.ids import PageId
from shared.log.port import Partition
from shared.log.topics import topic_specs
from tests.scenarios.children import child
from tests.scenarios.eventually import eventually
from tests.scenarios.lake import records
from tests.scenarios.member import MINUTE_MS
from tests.scenarios.night import READY
from tests.scenarios.platform import NIGHT, Platform

pytestmark = [pytest.mark.stack, pytest.mark.slow]

FOUND_BY_SEARCH = Origin("search", page_id=PageId("canvas-7"), row=2, column=3, token="opaque")


def test_a_play_found_by_search_keeps_its_origin_into_the_lake_though_ingest_runs_twice_at_once(
    platform: Platform,
) -> None:
    member = platform.newcomer()
    title = platform.something_new(member.fresh_page())
    search = SearchPerformed(query="something long", results=(title.title_id,))
    member.post(member.event(search, ago_ms=10 * MINUTE_MS))
    member.watches(title, minutes=5, origin=FOUND_BY_SEARCH)

    codes = _two_ingests_at_once(platform, platform.settings.home / "begin")

    assert sorted(codes) == [0, EXIT_CODES[LeaseHeld]]
    rows = records(platform.settings)
    places = Counter((row["topic"], row["log_partition"], row["log_offset"]) for row in rows)
    assert set(places.values()) == {1}, "no record came in twice"
    assert len(places) == _length_of_the_log(platform), "and none was left out"

    plays = [
        row
        for row in rows
        if row["profile_id"] == member.profile_id and row["title_id"] == title.title_id
    ]
    assert Counter(row["type"] for row in plays) == {"play.started": 1, "play.progress": 5}
    assert {row["origin_kind"] for row in plays} == {"search"}
    assert {(row["origin_page_id"], row["origin_row"], row["origin_column"]) for row in plays} == {
        ("canvas-7", 2, 3)
    }
    assert {row["origin_token"] for row in plays} == {"opaque"}

    def led_to() -> list[tuple[str, ...]]:
        digest = platform.digest(member.profile_id)
        return [search.led_to for search in digest.searches] if digest is not None else []

    eventually(led_to, lambda found: found == [(title.title_id,)])


def _two_ingests_at_once(platform: Platform, start_signal: Path) -> tuple[int, int]:
    """The exit codes of two processes that began to ingest at the same moment."""
    command = (*NIGHT, "ingest", str(start_signal))
    with child(platform.settings, *command) as one, child(platform.settings, *command) as other:
        one.wait_until_said(READY)
        other.wait_until_said(READY)
        start_signal.touch()
        return one.ended(), other.ended()


def _length_of_the_log(platform: Platform) -> int:
    specs = topic_specs(platform.settings.kafka.partitions)
    return sum(
        platform.log.end_offset(Partition(spec.topic, index))
        for spec in specs
        for index in range(spec.partitions)
    )
