"""A generated world is noted in its home, so that its members can go on visiting later."""

from pathlib import Path

import pytest

from infra.world import World, WorldSettings
from infra.world.world_file import load_world, save_world
from shared.errors import SetupError

NOW = 1_800_000_000_000


def test_the_world_that_was_noted_is_drawn_again(tmp_path: Path) -> None:
    world = World.create(WorldSettings(titles=60, profiles=5, days=2, seed=3), NOW)
    save_world(tmp_path / "home", world)
    again = load_world(tmp_path / "home")
    assert (again.settings, again.now_ms) == (world.settings, NOW)
    assert [profile.profile_id for profile in again.profiles] == [
        profile.profile_id for profile in world.profiles
    ]
    assert again.titles.catalog == world.titles.catalog


def test_where_no_world_was_made_it_says_how_to_make_one(tmp_path: Path) -> None:
    with pytest.raises(SetupError, match="marquee world generate"):
        load_world(tmp_path)
