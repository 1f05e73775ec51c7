"""The file that stores how a world was generated, so that its members can visit later."""

from pathlib import Path
from typing import Final

import msgspec

from infra.world.settings import WorldSettings
from infra.world.world import World
from shared.errors import SetupError

FILE: Final = "world.json"


def save_world(home: Path, world: World) -> None:
    """Write the world's settings and its time to the home folder."""
    home.mkdir(parents=True, exist_ok=True)
    (home / FILE).write_bytes(msgspec.json.encode((world.settings, world.now_ms)))


def load_world(home: Path) -> World:
    """Generate again the world of this home folder, without its history.

    Raises:
        SetupError: no world was generated here.
    """
    path = home / FILE
    if not path.exists():
        raise SetupError(
            f"There is no world yet ({path} is missing): run `marquee world generate` first."
        )
    return World.create(*msgspec.json.decode(path.read_bytes(), type=tuple[WorldSettings, int]))
