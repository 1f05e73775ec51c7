"""The identity of a run: a digest of everything that determines its output."""

import hashlib
from functools import cache
from pathlib import Path

import msgspec

import offline
import shared
from offline.context import RunContext
from offline.settings import NightlySettings
from shared.rules.watching import WATCHING_RULES_VERSION


class RunInputs(msgspec.Struct, frozen=True, kw_only=True):
    """Everything that determines the output of a run, except the lake's content."""

    settings: NightlySettings
    recipes: dict[str, str]
    """Version of each recipe's settings, by the recipe's name."""
    watching_rules: str
    code: str
    """Digest of the source code."""
    platform: str
    """The names of the lake and the store."""

    def digest(self) -> str:
        """Sixteen hex digits. Equal inputs give equal digests."""
        return _digest(self)

    def run_id(self, snapshot_id: int) -> str:
        """The id of a run with these inputs on one snapshot of the lake: sixteen hex digits."""
        return _digest([snapshot_id, self])


def inputs_of(context: RunContext) -> RunInputs:
    """The inputs of a run in this context."""
    return RunInputs(
        settings=context.settings,
        recipes={recipe.name: recipe.version for recipe in context.recipes},
        watching_rules=WATCHING_RULES_VERSION,
        code=code_digest(),
        platform=context.platform,
    )


@cache
def code_digest() -> str:
    """Digest of the Python sources of `offline` and `shared`.

    A run that was interrupted before an upgrade is therefore not resumed after it.
    """
    digest = hashlib.sha256()
    for package in (offline, shared):
        folder = Path(package.__path__[0])
        for path in sorted(folder.rglob("*.py")):
            digest.update(path.relative_to(folder).as_posix().encode() + b"\0")
            digest.update(path.read_bytes())
    return digest.hexdigest()[:16]


def _digest(value: object) -> str:
    canonical = msgspec.json.encode(value, order="deterministic")
    return hashlib.sha256(canonical).hexdigest()[:16]
