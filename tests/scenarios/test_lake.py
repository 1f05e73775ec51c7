"""Events on their way from a client to the lake: none is lost, and none is stored twice."""

from collections import Counter
from pathlib import Path

import pytest

from infra.cli import EXIT_CODES
from shared.clock import MINUTE_MS
from shared.errors import LeaseHeld
from shared.events.envelope import Origin
from shared.events.searches import SearchPerformed
from shared.ids import PageId
from shared.log.port import Partition
from shared.log.topics import topic_specs
from tests.scenarios.harness.children import child_process
from tests.scenarios.harness.eventually import eventually
from tests.scenarios.harness.lake import records
from tests.scenarios.harness.night import READY
from tests.scenarios.harness.platform import NIGHT, Platform

pytestmark = [pytest.mark.stack, pytest.mark.slow]

SEARCH_ORIGIN = Origin("search", page_id=PageId("canvas-7"), row=2, column=3, token="opaque")


def test_concurrent_ingests_store_every_record_once_with_its_origin(
    platform: Platform,
) -> None:
    member = platform.new_member()
    title = platform.unwatched_title(member.fresh_page())
    search = SearchPerformed(query="something long", results=(title.title_id,))
    member.post(member.event(search, ago_ms=10 * MINUTE_MS))
    member.watches(title, minutes=5, origin=SEARCH_ORIGIN)

    codes = _run_two_ingests(platform, platform.settings.home / "begin")

    assert sorted(codes) == [0, EXIT_CODES[LeaseHeld]]
    rows = records(platform.settings)
    positions = Counter((row["topic"], row["log_partition"], row["log_offset"]) for row in rows)
    assert set(positions.values()) == {1}, "no record is stored twice"
    assert len(positions) == _log_records(platform), "no record is missing"

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

    def played_titles() -> list[tuple[str, ...]]:
        digest = platform.digest(member.profile_id)
        return [search.led_to for search in digest.searches] if digest is not None else []

    eventually(played_titles, lambda titles: titles == [(title.title_id,)])


def _run_two_ingests(platform: Platform, start_signal: Path) -> tuple[int, int]:
    """The exit codes of two ingests that started at the same time."""
    command = (*NIGHT, "ingest", str(start_signal))
    with (
        child_process(platform.settings, *command) as first,
        child_process(platform.settings, *command) as second,
    ):
        first.wait_until_printed(READY)
        second.wait_until_printed(READY)
        start_signal.touch()
        return first.exit_code(), second.exit_code()


def _log_records(platform: Platform) -> int:
    specs = topic_specs(platform.settings.kafka.partitions)
    return sum(
        platform.log.end_offset(Partition(spec.topic, index))
        for spec in specs
        for index in range(spec.partitions)
    )
