"""The world file of a home folder."""

from pathlib import Path

import pytest

from infra.world.settings import WorldSettings
from infra.world.world import World
from infra.world.world_file import load_world, save_world
from shared.errors import SetupError

NOW = 1_800_000_000_000


def test_a_loaded_world_equals_the_saved_one(tmp_path: Path) -> None:
    world = World.create(WorldSettings(titles=60, profiles=5, days=2, seed=3), NOW)
    save_world(tmp_path / "home", world)
    loaded = load_world(tmp_path / "home")
    assert (loaded.settings, loaded.now_ms) == (world.settings, NOW)
    assert [profile.profile_id for profile in loaded.profiles] == [
        profile.profile_id for profile in world.profiles
    ]
    assert loaded.titles.catalog == world.titles.catalog


def test_a_missing_world_is_reported_with_the_command_that_creates_one(tmp_path: Path) -> None:
    with pytest.raises(SetupError, match="marquee world generate"):
        load_world(tmp_path)
