"""The nightly as a process of its own, with the recipes that train in seconds: `python -m
tests.scenarios.night [STEP] [FILE]`.

Members of a tiny world are too few to prove anything by, so its gates let everything pass;
everything else is as `marquee nightly` has it. STEP stops the run behind a step. With FILE it gets
everything ready and then waits for the file, so that two can begin at once."""

import sys
import time
from dataclasses import replace
from pathlib import Path

from infra.cli import exit_code
from infra.run_context import open_run_context
from infra.settings import load_settings
from offline.evaluation.settings import GateSettings
from offline.jobs import nightly
from shared.errors import MarqueeError

RECIPES = ("popularity", "item_knn", "als")
LENIENT = GateSettings(margin=100.0, guard_margin=100.0, group_margin=100.0)
READY = "ready to begin"


def main() -> int:
    """Run a night; the exit code is what `marquee` would give."""
    until, start_signal = [*sys.argv[1:], "", ""][:2]
    try:
        with open_run_context(load_settings(), _say) as context:
            recipes = tuple(recipe for recipe in context.recipes if recipe.name in RECIPES)
            small = replace(
                context,
                recipes=recipes,
                settings=replace(context.settings, gates=LENIENT, candidate_tasks=2),
            )
            _await(start_signal)
            outcome = nightly(small, until=until or None)
    except MarqueeError as error:
        _say(f"marquee: {error}")
        return exit_code(error)
    _say(f"{outcome.status} {outcome.generation_id}")
    return 0


def _await(start_signal: str) -> None:
    if start_signal:
        _say(READY)
        while not Path(start_signal).exists():
            time.sleep(0.02)


def _say(line: str) -> None:
    sys.stdout.write(f"{line}\n")
    sys.stdout.flush()


if __name__ == "__main__":
    sys.exit(main())
