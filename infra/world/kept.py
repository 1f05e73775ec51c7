"""The note of which world was generated in a home folder, so that its members can go on visiting
later.
"""

from pathlib import Path

import msgspec

from infra.world.settings import WorldSettings
from infra.world.world import World
from shared.errors import SetupError

FILE = "world.json"


def keep_world(home: Path, world: World) -> None:
    """Write down what the world was drawn from."""
    home.mkdir(parents=True, exist_ok=True)
    (home / FILE).write_bytes(msgspec.json.encode((world.settings, world.now_ms)))


def kept_world(home: Path) -> World:
    """The world that was generated here, as it was when its history ended.

    Raises:
        SetupError: none was.
    """
    path = home / FILE
    if not path.exists():
        raise SetupError(
            f"There is no world yet ({path} is missing): run `marquee world generate` first."
        )
    return World.create(*msgspec.json.decode(path.read_bytes(), type=tuple[WorldSettings, int]))
