"""Titles and people: what each of them is like."""

from dataclasses import replace

import numpy as np

from infra.world import World, WorldSettings
from infra.world.names import COUNTRY_INDEX
from shared.catalog.catalog import is_launched, is_licensed, maturity_of, next_episode
from shared.clock import DAY_MS
from tests.world.conftest import NOW_MS, SMALL, WorldHistory


def test_eligibility_agrees_with_the_catalog_s_own_rules(history: WorldHistory) -> None:
    titles = history.world.titles
    for country in ("US", "JP"):
        for now_ms in (history.world.start_ms, NOW_MS, NOW_MS + 20 * DAY_MS):
            allowed = titles.eligible(COUNTRY_INDEX[country], 12, now_ms)
            assert allowed.tolist() == [
                is_launched(title, now_ms)
                and is_licensed(title, country, now_ms)
                and maturity_of(title) <= 12
                for title in titles.catalog
            ]


def test_the_next_episode_is_the_one_that_the_catalog_names(history: WorldHistory) -> None:
    titles = history.world.titles
    for number in np.flatnonzero(titles.is_series)[:30]:
        parts, title = titles.playable[number], titles.catalog[number]
        for part in range(parts.released(NOW_MS) - 1):
            following = next_episode(title, parts.episode_ids[part], NOW_MS)
            assert following is not None
            assert following.episode_id == parts.episode_ids[part + 1]


def test_some_titles_launch_within_the_history_and_some_later(history: WorldHistory) -> None:
    launches = history.world.titles.launch_ms
    assert ((launches > history.world.start_ms) & (launches < NOW_MS)).sum() == round(
        SMALL.titles * 0.10
    )
    assert (launches > NOW_MS).sum() == 3


def test_names_are_never_given_twice(history: WorldHistory) -> None:
    names = [title.name for title in history.world.titles.catalog]
    assert len(set(names)) == len(names)


def test_a_franchise_s_parts_are_counted_from_one(history: WorldHistory) -> None:
    parts: dict[str, list[int]] = {}
    for title in history.world.titles.catalog:
        if title.franchise is not None:
            parts.setdefault(title.franchise.name, []).append(title.franchise.order)
    assert parts
    assert all(sorted(orders) == list(range(1, len(orders) + 1)) for orders in parts.values())


def test_more_profiles_do_not_change_the_first_ones() -> None:
    few, many = (World.create(replace(SMALL, profiles=count), NOW_MS) for count in (10, 40))
    for one, other in zip(few.profiles[:9], many.profiles, strict=False):
        assert one.profile_id == other.profile_id
        assert (one.tastes == other.tastes).all()


def test_tastes_stay_unit_vectors_and_move_with_time(history: WorldHistory) -> None:
    for profile in history.world.profiles[:20]:
        early, late = profile.tastes_at(history.world.start_ms), profile.tastes_at(NOW_MS)
        assert np.allclose(np.linalg.norm(late, axis=1), 1.0, atol=1e-5)
        assert (early != late).any()


def test_profiles_of_a_household_differ_more_than_a_profile_from_itself_a_week_later() -> None:
    world = World.create(WorldSettings(titles=60, profiles=300, days=30), NOW_MS)
    utility = world.behavior.utility
    itself, others = [], []
    for one, other in zip(world.profiles, world.profiles[1:], strict=False):
        if one.account_id == other.account_id:
            now = utility(one, NOW_MS)
            itself.append(np.corrcoef(now, utility(one, NOW_MS - 7 * DAY_MS))[0, 1])
            others.append(np.corrcoef(now, utility(other, NOW_MS))[0, 1])
    assert len(others) > 50
    assert np.mean(itself) > 0.9
    assert np.mean(others) < 0.6


def test_a_catalog_of_fifteen_thousand_titles_can_be_made() -> None:
    world = World.create(WorldSettings(titles=15_000, profiles=20, days=30), NOW_MS)
    assert len({title.name for title in world.titles.catalog}) == 15_000
