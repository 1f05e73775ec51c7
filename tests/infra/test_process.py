"""Processes are found by pid file and mark, and no other process is ever signaled."""

import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import psutil
import pytest

from infra.local.process import Daemon, exclusive
from shared.errors import SetupError

SLEEP = "import time; time.sleep(120)"
IGNORES_TERM = """
import signal, time
signal.signal(signal.SIGTERM, signal.SIG_IGN)
print("ready", flush=True)
time.sleep(120)
"""


@pytest.fixture
def daemon(tmp_path: Path) -> Iterator[Daemon]:
    created = Daemon(
        "sleeper", tmp_path / "run" / "sleeper.json", f"-Dmarquee.service={tmp_path}/sleeper"
    )
    yield created
    created.stop(5)


def start(daemon: Daemon, folder: Path, program: str = SLEEP) -> psutil.Process:
    return daemon.start(
        [sys.executable, "-c", program, daemon.mark], output=folder / "sleeper.out", cwd=folder
    )


def test_a_started_process_is_found_by_another_command(daemon: Daemon, tmp_path: Path) -> None:
    started = start(daemon, tmp_path)
    second_daemon = Daemon(daemon.name, daemon.pid_file, daemon.mark)
    process = second_daemon.find()
    assert process is not None
    assert process.pid == started.pid


def test_a_started_process_has_its_own_session(daemon: Daemon, tmp_path: Path) -> None:
    assert os.getsid(start(daemon, tmp_path).pid) != os.getsid(0)


def test_a_reused_pid_is_never_signaled(daemon: Daemon, tmp_path: Path) -> None:
    with subprocess.Popen([sys.executable, "-c", SLEEP]) as bystander:
        created = psutil.Process(bystander.pid).create_time()
        daemon.pid_file.parent.mkdir()
        for record in (
            {"pid": bystander.pid, "created": created - 3600},
            {"pid": bystander.pid, "created": created},
        ):
            daemon.pid_file.write_text(json.dumps(record))
            assert daemon.find() is None
            assert not daemon.stop(5)
            assert bystander.poll() is None
        bystander.kill()


def test_a_process_with_another_create_time_is_found_by_its_mark(
    daemon: Daemon, tmp_path: Path
) -> None:
    started = start(daemon, tmp_path)
    daemon.pid_file.write_text(
        json.dumps({"pid": started.pid, "created": started.create_time() - 3600})
    )
    process = daemon.find()
    assert process is not None
    assert process.pid == started.pid


@pytest.mark.parametrize(
    "text", ["", "{", "[]", "{}", '{"pid": "x", "created": 1}', '{"pid": 999999999, "created": 1}']
)
def test_a_broken_or_stale_pid_file_means_not_running(daemon: Daemon, text: str) -> None:
    daemon.pid_file.parent.mkdir()
    daemon.pid_file.write_text(text)
    assert daemon.find() is None
    assert not daemon.stop(5)
    assert not daemon.pid_file.exists()


def test_a_process_without_its_pid_file_is_stopped(daemon: Daemon, tmp_path: Path) -> None:
    started = start(daemon, tmp_path)
    daemon.pid_file.unlink()
    assert daemon.stop(5)
    assert not started.is_running()


def test_a_process_that_ignores_term_is_killed_after_the_timeout(
    daemon: Daemon, tmp_path: Path
) -> None:
    started = start(daemon, tmp_path, IGNORES_TERM)
    deadline = time.monotonic() + 10
    while "ready" not in (tmp_path / "sleeper.out").read_text() and time.monotonic() < deadline:
        time.sleep(0.02)
    began = time.monotonic()
    assert daemon.stop(0.3)
    assert 0.3 <= time.monotonic() - began < 10
    assert not started.is_running()


def test_a_killed_process_counts_as_not_running(daemon: Daemon, tmp_path: Path) -> None:
    started = start(daemon, tmp_path)
    started.send_signal(signal.SIGKILL)
    started.wait(10)
    assert daemon.find() is None


def test_a_command_without_the_mark_is_not_started(daemon: Daemon, tmp_path: Path) -> None:
    with pytest.raises(SetupError, match="mark"):
        daemon.start([sys.executable, "-c", SLEEP], output=tmp_path / "out", cwd=tmp_path)


def test_a_locked_home_refuses_a_second_command(tmp_path: Path) -> None:
    with (
        exclusive(tmp_path / "run" / "lock"),
        pytest.raises(SetupError, match="wait for it"),
        exclusive(tmp_path / "run" / "lock"),
    ):
        pass
    with exclusive(tmp_path / "run" / "lock"):
        pass
