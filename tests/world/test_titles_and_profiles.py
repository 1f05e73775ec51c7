"""The drawn titles and profiles."""

from dataclasses import replace

import numpy as np

from infra.world.names import COUNTRIES
from infra.world.settings import WorldSettings
from infra.world.world import World
from shared.catalog.catalog import is_launched, is_licensed, maturity_of, next_episode
from shared.clock import DAY_MS
from tests.world.conftest import NOW_MS, SMALL, WorldHistory


def test_eligibility_equals_the_catalog_s_rules(history: WorldHistory) -> None:
    titles = history.world.titles
    codes = [country.code for country in COUNTRIES]
    for country in ("US", "JP"):
        for now_ms in (history.world.start_ms, NOW_MS, NOW_MS + 20 * DAY_MS):
            allowed = titles.eligible(codes.index(country), 12, now_ms)
            assert allowed.tolist() == [
                is_launched(title, now_ms)
                and is_licensed(title, country, now_ms)
                and maturity_of(title) <= 12
                for title in titles.catalog
            ]


def test_parts_are_in_the_order_of_the_catalog_s_next_episode(history: WorldHistory) -> None:
    titles = history.world.titles
    for number in np.flatnonzero(titles.is_series)[:30]:
        parts, title = titles.playable[number], titles.catalog[number]
        for part in range(parts.released(NOW_MS) - 1):
            following = next_episode(title, parts.episode_id(part), NOW_MS)
            assert following is not None
            assert following.episode_id == parts.episode_id(part + 1)


def test_some_titles_launch_within_the_history_and_some_later(history: WorldHistory) -> None:
    launches = history.world.titles.launch_ms
    assert ((launches > history.world.start_ms) & (launches < NOW_MS)).sum() == round(
        SMALL.titles * 0.10
    )
    assert (launches > NOW_MS).sum() == 3


def test_title_names_are_unique(history: WorldHistory) -> None:
    names = [title.name for title in history.world.titles.catalog]
    assert len(set(names)) == len(names)


def test_franchise_parts_count_from_one(history: WorldHistory) -> None:
    parts: dict[str, list[int]] = {}
    for title in history.world.titles.catalog:
        if title.franchise is not None:
            parts.setdefault(title.franchise.name, []).append(title.franchise.order)
    assert parts
    assert all(sorted(orders) == list(range(1, len(orders) + 1)) for orders in parts.values())


def test_the_first_profiles_do_not_depend_on_the_number_of_profiles() -> None:
    few, many = (World.create(replace(SMALL, profiles=count), NOW_MS) for count in (10, 40))
    for profile, neighbor in zip(few.profiles[:9], many.profiles, strict=False):
        assert profile.profile_id == neighbor.profile_id
        assert (profile.tastes == neighbor.tastes).all()


def test_tastes_are_unit_vectors_that_change_with_time(history: WorldHistory) -> None:
    for profile in history.world.profiles[:20]:
        early, late = profile.tastes_at(history.world.start_ms), profile.tastes_at(NOW_MS)
        assert np.allclose(np.linalg.norm(late, axis=1), 1.0, atol=1e-5)
        assert (early != late).any()


def test_profiles_of_a_household_differ_more_than_a_profile_from_itself_a_week_later() -> None:
    world = World.create(WorldSettings(titles=60, profiles=300, days=30), NOW_MS)
    utility = world.behavior.utility
    same_profile, same_household = [], []
    for profile, neighbor in zip(world.profiles, world.profiles[1:], strict=False):
        if profile.account_id == neighbor.account_id:
            now = utility(profile, NOW_MS)
            same_profile.append(np.corrcoef(now, utility(profile, NOW_MS - 7 * DAY_MS))[0, 1])
            same_household.append(np.corrcoef(now, utility(neighbor, NOW_MS))[0, 1])
    assert len(same_household) > 50
    assert np.mean(same_profile) > 0.9
    assert np.mean(same_household) < 0.6


def test_fifteen_thousand_titles_have_unique_names() -> None:
    world = World.create(WorldSettings(titles=15_000, profiles=20, days=30), NOW_MS)
    assert len({title.name for title in world.titles.catalog}) == 15_000
