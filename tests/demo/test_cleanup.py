"""The end of the demo: every process is stopped, except after success with `keep`."""

import io
import sys
from pathlib import Path

import pytest
from rich.console import Console

from infra.demo.demo import clean_up
from infra.demo.home import LEFT_RUNNING, MARKER, create_home, stop_all
from infra.demo.run import DemoRun
from infra.local.home import Home
from infra.local.process import Daemon
from infra.local.tiers import RunningTier, TierEnded
from infra.settings.sections import Settings
from shared.clock import SystemClock
from shared.errors import SetupError
from tests.crash import kill9


def create_run(folder: Path) -> tuple[DemoRun, io.StringIO]:
    output = io.StringIO()
    run = DemoRun(Console(file=output, width=200), Settings(home=folder / "demo"), SystemClock())
    create_home(run.settings)
    return run, output


def start_sleeping_tier(run: DemoRun) -> RunningTier:
    home = Home(run.settings.home)
    mark = f"marquee.service={home.root}/nearline"
    daemon = Daemon("nearline", home.pid_file("nearline"), mark)
    command = [sys.executable, "-X", mark, "-c", "import time; time.sleep(600)"]
    process = daemon.start(command, output=home.log("nearline"), cwd=home.root)
    tier = RunningTier("nearline", process, daemon, home.log("nearline"), "http://127.0.0.1:9/")
    run.tiers.append(tier)
    return tier


@pytest.mark.parametrize(
    "error", [KeyboardInterrupt(), SystemExit(143), SetupError("no"), ValueError("a bug")]
)
def test_every_failure_stops_all_processes_and_leaves_the_logs(
    tmp_path: Path, error: BaseException
) -> None:
    run, _ = create_run(tmp_path)
    tier = start_sleeping_tier(run)
    with pytest.raises(type(error)), clean_up(run, keep=True):
        raise error
    assert not tier.is_alive()
    assert tier.log.exists()


def test_the_last_log_lines_of_a_failed_tier_are_printed(tmp_path: Path) -> None:
    run, output = create_run(tmp_path)
    with pytest.raises(TierEnded), clean_up(run, keep=False):
        raise TierEnded("online ended by itself", tmp_path / "online.log", ["one", "[red]two"])
    assert "one\n[red]two\n" in output.getvalue()


def test_success_stops_all_processes_and_deletes_the_home(tmp_path: Path) -> None:
    run, output = create_run(tmp_path)
    tier = start_sleeping_tier(run)
    with clean_up(run, keep=False):
        pass
    assert not tier.is_alive()
    assert not run.settings.home.exists()
    assert "stopped nearline" in output.getvalue()


def test_a_demo_with_keep_runs_until_it_is_stopped(tmp_path: Path) -> None:
    run, _ = create_run(tmp_path)
    tier = start_sleeping_tier(run)
    with clean_up(run, keep=True):
        pass
    assert tier.is_alive()
    assert (run.settings.home / MARKER).read_text() == LEFT_RUNNING
    assert stop_all(run.settings) == ["nearline"]
    assert not tier.is_alive()


def test_wait_raises_when_a_tier_has_ended(tmp_path: Path) -> None:
    run, _ = create_run(tmp_path)
    kill9(start_sleeping_tier(run))
    with pytest.raises(TierEnded, match="nearline ended by itself"):
        run.wait("waiting", lambda: 1, 60)


def test_wait_reports_the_remaining_count_after_the_timeout(tmp_path: Path) -> None:
    run, _ = create_run(tmp_path)
    with pytest.raises(SetupError, match="folding: 3 remaining"):
        run.wait("folding", lambda: 3, 0)
