"""However the story ends, nothing it started is left running; unless it went well and was to be
kept.
"""

import io
import sys
from pathlib import Path

import pytest
from rich.console import Console

from infra.demo.demo import clean_up
from infra.demo.home import KEPT, MARKER, create_home, stop_all
from infra.demo.run import DemoRun
from infra.local.home import Home
from infra.local.process import Daemon
from infra.local.tiers import RunningTier, TierEnded
from infra.settings.sections import Settings
from shared.clock import SystemClock
from shared.errors import SetupError


def a_stage(folder: Path) -> tuple[DemoRun, io.StringIO]:
    said = io.StringIO()
    stage = DemoRun(Console(file=said, width=200), Settings(home=folder / "demo"), SystemClock())
    create_home(stage.settings)
    return stage, said


def a_tier(stage: DemoRun) -> RunningTier:
    home = Home(stage.settings.home)
    mark = f"marquee.service={home.root}/nearline"
    daemon = Daemon("nearline", home.pid_file("nearline"), mark)
    command = [sys.executable, "-X", mark, "-c", "import time; time.sleep(600)"]
    process = daemon.start(command, output=home.log("nearline"), cwd=home.root)
    tier = RunningTier("nearline", process, daemon, home.log("nearline"), "http://127.0.0.1:9/")
    stage.tiers.append(tier)
    return tier


@pytest.mark.parametrize(
    "error", [KeyboardInterrupt(), SystemExit(143), SetupError("no"), ValueError("a bug")]
)
def test_after_any_failure_everything_is_stopped_and_logs_are_kept(
    tmp_path: Path, error: BaseException
) -> None:
    stage, _ = a_stage(tmp_path)
    tier = a_tier(stage)
    with pytest.raises(type(error)), clean_up(stage, keep=True):
        raise error
    assert not tier.is_alive()
    assert tier.log.exists()


def test_a_tier_that_died_is_shown_with_the_last_lines_of_its_log(tmp_path: Path) -> None:
    stage, said = a_stage(tmp_path)
    with pytest.raises(TierEnded), clean_up(stage, keep=False):
        raise TierEnded("online ended by itself", tmp_path / "online.log", ["one", "[red]two"])
    assert "one\n[red]two\n" in said.getvalue()


def test_at_a_good_end_everything_is_stopped_and_wiped(tmp_path: Path) -> None:
    stage, said = a_stage(tmp_path)
    tier = a_tier(stage)
    with clean_up(stage, keep=False):
        pass
    assert not tier.is_alive()
    assert not stage.settings.home.exists()
    assert "stopped nearline" in said.getvalue()


def test_a_kept_demo_goes_on_until_it_is_told_to_stop(tmp_path: Path) -> None:
    stage, _ = a_stage(tmp_path)
    tier = a_tier(stage)
    with clean_up(stage, keep=True):
        pass
    assert tier.is_alive()
    assert (stage.settings.home / MARKER).read_text() == KEPT
    assert stop_all(stage.settings) == ["nearline"]
    assert not tier.is_alive()


def test_waiting_notices_that_a_tier_died(tmp_path: Path) -> None:
    stage, _ = a_stage(tmp_path)
    a_tier(stage).kill9()
    with pytest.raises(TierEnded, match="nearline ended by itself"):
        stage.wait("waiting", lambda: 1, 60)


def test_waiting_in_vain_says_how_much_is_left(tmp_path: Path) -> None:
    stage, _ = a_stage(tmp_path)
    with pytest.raises(SetupError, match="folding: 3 remaining"):
        stage.wait("folding", lambda: 3, 0)
