"""The nightly run as a separate process: `python -m tests.scenarios.harness.night [STEP] [FILE]`.

It trains recipes that need seconds, and its gates let everything pass, because a tiny world has too
few members to prove anything. Everything else is as in `marquee nightly`. STEP stops the run after
a step. With FILE the process gets ready and then waits for the file, so that two runs can start at
the same time.
"""

import sys
import time
from dataclasses import replace
from pathlib import Path

from infra.cli import exit_code
from infra.run_context import open_run_context
from infra.settings import Settings, load_settings
from offline.evaluation.settings import GateSettings
from offline.nightly import nightly
from shared.errors import MarqueeError

RECIPES = ("popularity", "item_knn", "als")
LENIENT = GateSettings(margin=100.0, guard_margin=100.0, group_margin=100.0)
READY = "ready to begin"


def main() -> int:
    """Start a nightly run; the exit code is that of `marquee nightly`."""
    until, start_file = [*sys.argv[1:], "", ""][:2]
    try:
        with open_run_context(_small(load_settings()), _print) as context:
            _wait_for(start_file)
            outcome = nightly(context, until=until or None)
    except MarqueeError as error:
        _print(f"marquee: {error}")
        return exit_code(error)
    _print(f"{outcome.status} {outcome.generation_id}")
    return 0


def _small(settings: Settings) -> Settings:
    offline = replace(settings.offline, recipes=RECIPES, gates=LENIENT, candidate_tasks=2)
    return replace(settings, offline=offline)


def _wait_for(start_file: str) -> None:
    if start_file:
        _print(READY)
        while not Path(start_file).exists():
            time.sleep(0.02)


def _print(line: str) -> None:
    sys.stdout.write(f"{line}\n")
    sys.stdout.flush()


if __name__ == "__main__":
    sys.exit(main())
