"""Nights that do not go to plan: one is killed and taken up again while members go on watching, one
is taken back.
"""

from dataclasses import dataclass

import pytest

from shared.artifacts.port import Artifacts
from shared.clock import SystemClock
from shared.store.port import Store
from shared.store.tables import LEASES
from tests.scenarios.children import Child, child, marquee
from tests.scenarios.eventually import eventually
from tests.scenarios.platform import NIGHT, Platform

pytestmark = [pytest.mark.stack, pytest.mark.slow]

KILLED_BEHIND = "train:item_knn"


@dataclass
class KilledNight:
    """What was seen before, between and after a night that was killed and run again."""

    before: str
    run: str
    after_kill: str | None
    second: Child
    runs: set[str]


@pytest.fixture(scope="module")
def killed_night(platform: Platform) -> KilledNight:
    """A night, killed behind a training step; the next one, begun after more has happened."""
    member = platform.newcomer()
    before, known_runs = platform.generation(), _runs(platform.artifacts)
    assert before is not None
    member.watches(platform.something_new(member.fresh_page()))
    with child(platform.settings, *NIGHT) as first:
        first.wait_until_said(f"{KILLED_BEHIND}: done")
        first.kill9()
    (run,) = _runs(platform.artifacts) - known_runs
    after_kill = member.fresh_page().generation
    member.watches(platform.something_new(member.fresh_page(), platform.digest(member.profile_id)))
    eventually(lambda: _lease_ends_in_ms(platform.store), lambda left: left <= 0)
    with child(platform.settings, *NIGHT) as second:
        assert second.ended() == 0, second.story()
    return KilledNight(before, run, after_kill, second, _runs(platform.artifacts) - known_runs)


def test_a_night_killed_between_steps_is_taken_up_and_publishes_the_generation_it_had_begun(
    platform: Platform, killed_night: KilledNight
) -> None:
    assert killed_night.after_kill == killed_night.before, "members saw nothing of it"
    assert killed_night.second.said("was cut off and is taken up again")
    assert killed_night.second.said("dataset: done before")
    assert killed_night.second.said(f"{KILLED_BEHIND}: done before")
    assert killed_night.runs == {killed_night.run}, "no other run was begun"
    published = eventually(
        platform.generation, lambda generation: generation != killed_night.before
    )
    assert published is not None
    assert published.endswith(killed_night.run[:8])


def test_a_rollback_brings_the_generation_before_back_onto_the_page_and_another_undoes_it(
    platform: Platform, killed_night: KilledNight
) -> None:
    member = platform.newcomer()
    newest = eventually(platform.generation, lambda generation: generation != killed_night.before)

    code, lines = marquee(platform.settings, "rollback")
    assert (code, lines[-1]) == (0, f"{newest} → {killed_night.before}")
    member.page_that(lambda page: page.generation == killed_night.before)

    code, lines = marquee(platform.settings, "rollback")
    assert (code, lines[-1]) == (0, f"{killed_night.before} → {newest}")
    member.page_that(lambda page: page.generation == newest)


def _runs(artifacts: Artifacts) -> set[str]:
    """The ids of all runs that were ever begun."""
    return {
        name.split("/")[1] for name in artifacts.list_documents("runs/") if name.count("/") == 2
    }


def _lease_ends_in_ms(store: Store) -> int:
    """How long the dead night's lease still holds others off."""
    row = store.read(LEASES, ("nightly",)).get(())
    return int(row["until_ms"]) - SystemClock().now_ms() if row is not None else 0
