"""Nightly runs that fail: one is killed and resumed while members continue to watch, one is rolled
back.
"""

from dataclasses import dataclass

import pytest

from infra.settings import Settings
from shared.clock import SystemClock
from shared.store.port import Store
from shared.store.tables import LEASES
from tests.documents import document_names
from tests.scenarios.harness.children import ChildProcess, child_process, run_marquee
from tests.scenarios.harness.eventually import eventually
from tests.scenarios.harness.platform import NIGHT, Platform

pytestmark = [pytest.mark.stack, pytest.mark.slow]

KILLED_AFTER = "train:item_knn"


@dataclass
class KilledNight:
    """A nightly run that was killed, and the one that resumed it."""

    live_before: str
    run_id: str
    live_after_kill: str | None
    second: ChildProcess
    new_run_ids: set[str]


@pytest.fixture(scope="module")
def killed_night(platform: Platform) -> KilledNight:
    """A nightly run killed after a training step, and a second one, started after more plays."""
    member = platform.new_member()
    live_before, earlier_run_ids = platform.generation(), _run_ids(platform.settings)
    assert live_before is not None
    member.watches(platform.unwatched_title(member.fresh_page()))
    with child_process(platform.settings, *NIGHT) as first:
        first.wait_until_printed(f"{KILLED_AFTER}: done")
        first.kill9()
    (run_id,) = _run_ids(platform.settings) - earlier_run_ids
    live_after_kill = member.fresh_page().generation
    member.watches(
        platform.unwatched_title(member.fresh_page(), platform.digest(member.profile_id))
    )
    eventually(lambda: _lease_ends_in_ms(platform.store), lambda remaining_ms: remaining_ms <= 0)
    with child_process(platform.settings, *NIGHT) as second:
        assert second.exit_code() == 0, second.output_text()
    new_run_ids = _run_ids(platform.settings) - earlier_run_ids
    return KilledNight(live_before, run_id, live_after_kill, second, new_run_ids)


def test_a_nightly_run_killed_between_steps_is_resumed_and_publishes_the_generation_that_it_started(
    platform: Platform, killed_night: KilledNight
) -> None:
    assert killed_night.live_after_kill == killed_night.live_before
    assert killed_night.second.has_printed("was interrupted and is resumed")
    assert killed_night.second.has_printed("dataset: already done")
    assert killed_night.second.has_printed(f"{KILLED_AFTER}: already done")
    assert killed_night.new_run_ids == {killed_night.run_id}, "no other run was started"
    published = eventually(
        platform.generation, lambda generation: generation != killed_night.live_before
    )
    assert published is not None
    assert published.endswith(killed_night.run_id[:8])


def test_a_rollback_serves_the_previous_generation_again_and_a_second_one_undoes_it(
    platform: Platform, killed_night: KilledNight
) -> None:
    member = platform.new_member()
    newest = eventually(
        platform.generation, lambda generation: generation != killed_night.live_before
    )

    code, lines = run_marquee(platform.settings, "rollback")
    assert (code, lines[-1]) == (0, f"{newest} → {killed_night.live_before}")
    member.page_that(lambda page: page.generation == killed_night.live_before)

    code, lines = run_marquee(platform.settings, "rollback")
    assert (code, lines[-1]) == (0, f"{killed_night.live_before} → {newest}")
    member.page_that(lambda page: page.generation == newest)


def _run_ids(settings: Settings) -> set[str]:
    """The ids of all runs that were ever started."""
    parts = [name.split("/") for name in document_names(settings.artifacts_uri)]
    return {part[1] for part in parts if part[0] == "runs" and len(part) == 3}


def _lease_ends_in_ms(store: Store) -> int:
    """Remaining time of the killed run's lease; 0 if there is none."""
    row = store.read(LEASES, ("nightly",)).get(())
    return int(row["until_ms"]) - SystemClock().now_ms() if row is not None else 0
