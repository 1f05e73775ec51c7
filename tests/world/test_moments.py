"""Statistics of the history at the demo's size, compared with those of real logs."""

from dataclasses import dataclass
from itertools import pairwise

import msgspec
import numpy as np
import numpy.typing as npt
import pytest

from infra.world.settings import WorldSettings
from infra.world.world import World
from shared.events.envelope import Envelope
from shared.events.exposures import Impression
from shared.events.plays import PlayCompleted, PlayStarted
from shared.ids import TitleId
from tests.world.conftest import NOW_MS
from tests.world.moments import Moments, gini, measure

Counts = npt.NDArray[np.float64]
pytestmark = pytest.mark.slow


@dataclass(frozen=True)
class DemoWorld:
    world: World
    moments: Moments
    events: list[tuple[str, bytes, bytes]]


@pytest.fixture(scope="module")
def demo() -> DemoWorld:
    world = World.create(WorldSettings(), NOW_MS)
    events = list(world.history())
    return DemoWorld(world, measure(events), events)


def test_play_counts_have_the_gini_and_the_tail_of_a_power_law(demo: DemoWorld) -> None:
    assert 0.65 <= demo.moments.play_gini <= 0.85
    assert demo.moments.tail_straightness > 0.93


def test_the_most_active_tenth_has_about_a_third_of_the_plays(demo: DemoWorld) -> None:
    assert 0.30 <= demo.moments.top_decile_share <= 0.50


def test_the_density_of_plays_is_that_of_a_small_service(demo: DemoWorld) -> None:
    assert 0.002 <= demo.moments.density <= 0.02


def test_a_third_to_a_half_of_the_time_is_spent_on_titles_of_earlier_visits(
    demo: DemoWorld,
) -> None:
    assert 1 / 3 <= demo.moments.continued_share <= 1 / 2


def test_shares_of_searches_and_thumbs_are_in_range(demo: DemoWorld) -> None:
    assert 0.05 <= demo.moments.search_share <= 0.15
    assert 0.02 <= demo.moments.thumb_share <= 0.10


def test_take_rates_fall_with_row_and_column(demo: DemoWorld) -> None:
    ordinary = demo.moments.take_by_row[2:7]
    assert all(row > next_row for row, next_row in pairwise(ordinary))
    assert all(previous > column for previous, column in pairwise(demo.moments.take_by_column[:5]))


def test_a_small_share_of_the_plays_is_abandoned(demo: DemoWorld) -> None:
    assert 0.01 <= demo.moments.abandoned_share <= 0.10


def test_most_visits_are_on_evenings_and_weekends(demo: DemoWorld) -> None:
    assert sum(demo.moments.hours[18:23]) > 0.3
    assert sum(demo.moments.hours[1:6]) < 0.1
    # Thirty days have some weekdays five times and others four times, so groups are compared.
    assert np.mean(demo.moments.weekdays[4:]) > 1.15 * np.mean(demo.moments.weekdays[:4])


def test_bait_raises_the_take_rate_and_lowers_completion(demo: DemoWorld) -> None:
    impressions, played, finished = _first_sights(demo)
    bait = demo.world.titles.bait
    strong, weak = bait > np.quantile(bait, 0.75), bait < np.quantile(bait, 0.25)
    assert (
        played[strong].sum() / impressions[strong].sum()
        > 1.5 * played[weak].sum() / impressions[weak].sum()
    )
    assert (
        finished[strong].sum() / played[strong].sum()
        < 0.7 * finished[weak].sum() / played[weak].sum()
    )


def test_gini_is_zero_for_equal_counts_and_nearly_one_for_one_winner() -> None:
    assert gini(np.full(10, 3.0)) == pytest.approx(0.0)
    assert gini(np.array([0.0] * 9 + [5.0])) == pytest.approx(0.9)


class _TitleBody(msgspec.Struct):
    title_id: TitleId


def _first_sights(demo: DemoWorld) -> tuple[Counts, Counts, Counts]:
    """Per title: impressions, first plays from a page, and completed ones of them."""
    impressions, played, finished = (np.zeros(len(demo.world.titles)) for _ in range(3))
    seen_pairs: set[tuple[str | None, TitleId]] = set()
    first_play_ids: set[str] = set()
    for _, _, value in demo.events:
        event = msgspec.json.decode(value, type=Envelope)
        if event.type not in {Impression.type, PlayStarted.type, PlayCompleted.type}:
            continue
        title_id = msgspec.json.decode(event.body, type=_TitleBody).title_id
        number, pair = demo.world.titles.number[title_id], (event.profile_id, title_id)
        if event.type == Impression.type:
            impressions[number] += 1
        elif event.type == PlayCompleted.type:
            finished[number] += event.play_id in first_play_ids
        elif pair not in seen_pairs and event.play_id is not None:
            seen_pairs.add(pair)
            if event.origin is not None and event.origin.kind == "home":
                played[number] += 1
                first_play_ids.add(event.play_id)
    return impressions, played, finished
