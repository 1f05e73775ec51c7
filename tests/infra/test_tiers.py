"""Tiers as child processes: their end is detected, and stopping ends their children too."""

import time
from pathlib import Path

import psutil
import pytest

from infra.local.process import Daemon
from infra.local.tiers import RunningTier, Tier, TierEnded, start_tier, stop_tiers
from infra.settings.sections import OnlineSettings, Settings
from tests.crash import kill9

STATUS = Tier("status", ("status", "--json"))
"""A command that ends by itself, with exit code 1 where no stack runs."""
DEADLINE_S = 60.0
# A process with a child, as with Ray and Spark; it prints the child's pid.
FAMILY = """
import subprocess, sys, time
print(subprocess.Popen([sys.executable, "-c", "import time; time.sleep(600)"]).pid, flush=True)
time.sleep(600)
"""


def ended(tier: RunningTier) -> int:
    deadline = time.monotonic() + DEADLINE_S
    while (code := tier.exit_code()) is None:
        assert time.monotonic() < deadline
        time.sleep(0.05)
    return code


def start_family(home: Path) -> tuple[RunningTier, psutil.Process]:
    import sys

    mark = f"marquee.service={home}/family"
    daemon = Daemon("family", home / "run" / "family.json", mark)
    log = home / "logs" / "family.log"
    process = daemon.start([sys.executable, "-X", mark, "-c", FAMILY], output=log, cwd=home)
    tier = RunningTier("family", process, daemon, log, "http://127.0.0.1:9/")
    deadline = time.monotonic() + DEADLINE_S
    while not tier.last_lines():
        assert time.monotonic() < deadline
        time.sleep(0.05)
    return tier, psutil.Process(int(tier.last_lines()[0]))


def test_a_child_has_the_settings_of_its_parent_and_returns_its_exit_code(
    tmp_path: Path,
) -> None:
    tier = start_tier(STATUS, Settings(home=tmp_path, online=OnlineSettings(port=1)))
    assert ended(tier) == 1
    assert not tier.is_alive()
    assert str(tmp_path) in "".join(tier.last_lines(100))


def test_a_tier_that_ended_is_reported_with_the_end_of_its_log(tmp_path: Path) -> None:
    tier = start_tier(STATUS, Settings(home=tmp_path))
    with pytest.raises(TierEnded, match="ended by itself") as caught:
        tier.wait_ready(DEADLINE_S)
    assert caught.value.tail
    assert caught.value.log == tier.log


def test_kill9_ends_the_children_too(tmp_path: Path) -> None:
    tier, child = start_family(tmp_path)
    kill9(tier)
    assert not tier.is_alive()
    assert not child.is_running() or child.status() == psutil.STATUS_ZOMBIE


def test_a_tier_is_stopped_by_name_from_another_command(tmp_path: Path) -> None:
    tier, child = start_family(tmp_path)
    assert stop_tiers(Settings(home=tmp_path), ["family"]) == ["family"]
    assert not tier.is_alive()
    assert not child.is_running() or child.status() == psutil.STATUS_ZOMBIE
    assert stop_tiers(Settings(home=tmp_path), ["family"]) == []
