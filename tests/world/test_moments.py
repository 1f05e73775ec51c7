"""The shape of the history at the demo's size, held against the shapes of real logs."""

from dataclasses import dataclass
from itertools import pairwise

import msgspec
import numpy as np
import numpy.typing as npt
import pytest

from infra.world import World, WorldSettings
from infra.world.moments import Moments, gini, measure
from shared.events.envelope import Envelope
from shared.events.exposures import Impression
from shared.events.plays import PlayCompleted, PlayStarted
from shared.ids import TitleId
from tests.world.conftest import NOW_MS

Counts = npt.NDArray[np.float64]
pytestmark = pytest.mark.slow


@dataclass(frozen=True)
class Demo:
    world: World
    moments: Moments
    events: list[tuple[str, bytes, bytes]]


@pytest.fixture(scope="module")
def demo() -> Demo:
    world = World.create(WorldSettings(), NOW_MS)
    events = list(world.history())
    return Demo(world, measure(events), events)


def test_few_titles_have_most_plays_along_a_straight_tail(demo: Demo) -> None:
    assert 0.65 <= demo.moments.play_gini <= 0.85
    assert demo.moments.tail_straightness > 0.93


def test_the_most_active_tenth_makes_a_third_of_the_plays(demo: Demo) -> None:
    assert 0.30 <= demo.moments.top_decile_share <= 0.50


def test_plays_are_sparse_though_denser_than_in_a_large_service(demo: Demo) -> None:
    assert 0.002 <= demo.moments.density <= 0.02


def test_a_third_to_a_half_of_the_time_goes_to_what_was_begun_before(demo: Demo) -> None:
    assert 1 / 3 <= demo.moments.continued_share <= 1 / 2


def test_search_and_thumbs_have_their_share(demo: Demo) -> None:
    assert 0.05 <= demo.moments.search_share <= 0.15
    assert 0.02 <= demo.moments.thumb_share <= 0.10


def test_tiles_further_down_and_further_right_are_taken_less(demo: Demo) -> None:
    ordinary = demo.moments.take_by_row[2:7]
    assert all(above > below for above, below in pairwise(ordinary))
    assert all(left > right for left, right in pairwise(demo.moments.take_by_column[:5]))


def test_evenings_and_weekends_are_busiest(demo: Demo) -> None:
    assert sum(demo.moments.hours[18:23]) > 0.3
    assert sum(demo.moments.hours[1:6]) < 0.1
    # Thirty days hold some weekdays five times, others four times, so days are compared in groups.
    assert np.mean(demo.moments.weekdays[4:]) > 1.15 * np.mean(demo.moments.weekdays[:4])


def test_bait_is_taken_more_often_at_first_sight_and_finished_less(demo: Demo) -> None:
    shown, taken, finished = _first_sights(demo)
    bait = demo.world.titles.bait
    most, least = bait > np.quantile(bait, 0.75), bait < np.quantile(bait, 0.25)
    assert taken[most].sum() / shown[most].sum() > 1.5 * taken[least].sum() / shown[least].sum()
    assert (
        finished[most].sum() / taken[most].sum() < 0.7 * finished[least].sum() / taken[least].sum()
    )


def test_gini_of_equal_counts_is_zero_and_of_one_winner_nearly_one() -> None:
    assert gini(np.full(10, 3.0)) == pytest.approx(0.0)
    assert gini(np.array([0.0] * 9 + [5.0])) == pytest.approx(0.9)


class _Named(msgspec.Struct):
    title_id: TitleId


def _first_sights(demo: Demo) -> tuple[Counts, Counts, Counts]:
    """Per title: tiles seen, first plays of a profile from its home page, and those of them that
    reached the credits.
    """
    shown, taken, finished = (np.zeros(len(demo.world.titles)) for _ in range(3))
    known: set[tuple[str | None, TitleId]] = set()
    first: set[str] = set()
    for _, _, value in demo.events:
        event = msgspec.json.decode(value, type=Envelope)
        if event.type not in {Impression.type, PlayStarted.type, PlayCompleted.type}:
            continue
        title_id = msgspec.json.decode(event.body, type=_Named).title_id
        number, pair = demo.world.titles.number[title_id], (event.profile_id, title_id)
        if event.type == Impression.type:
            shown[number] += 1
        elif event.type == PlayCompleted.type:
            finished[number] += event.play_id in first
        elif pair not in known and event.play_id is not None:
            known.add(pair)
            if event.origin is not None and event.origin.kind == "home":
                taken[number] += 1
                first.add(event.play_id)
    return shown, taken, finished
