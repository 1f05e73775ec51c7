"""Which process is ours, and that no other is ever signaled."""

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
DEAF = "import signal, time; signal.signal(signal.SIGTERM, signal.SIG_IGN); print('deaf', flush=True); time.sleep(120)"


@pytest.fixture
def daemon(tmp_path: Path) -> Iterator[Daemon]:
    made = Daemon(
        "sleeper", tmp_path / "run" / "sleeper.json", f"-Dmarquee.service={tmp_path}/sleeper"
    )
    yield made
    made.stop(5)


def start(daemon: Daemon, folder: Path, program: str = SLEEP) -> psutil.Process:
    return daemon.start(
        [sys.executable, "-c", program, daemon.mark], output=folder / "sleeper.out", cwd=folder
    )


def test_a_started_process_is_found_by_another_command(daemon: Daemon, tmp_path: Path) -> None:
    started = start(daemon, tmp_path)
    again = Daemon(daemon.name, daemon.pid_file, daemon.mark)
    found = again.find()
    assert found is not None
    assert found.pid == started.pid


def test_a_started_process_is_out_of_reach_of_ctrl_c(daemon: Daemon, tmp_path: Path) -> None:
    assert os.getsid(start(daemon, tmp_path).pid) != os.getsid(0)


def test_a_recycled_pid_is_never_signaled(daemon: Daemon, tmp_path: Path) -> None:
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


def test_a_marked_process_started_at_another_time_is_still_found_by_its_mark(
    daemon: Daemon, tmp_path: Path
) -> None:
    started = start(daemon, tmp_path)
    daemon.pid_file.write_text(
        json.dumps({"pid": started.pid, "created": started.create_time() - 3600})
    )
    found = daemon.find()
    assert found is not None
    assert found.pid == started.pid


@pytest.mark.parametrize(
    "text", ["", "{", "[]", "{}", '{"pid": "x", "created": 1}', '{"pid": 999999999, "created": 1}']
)
def test_a_broken_or_stale_pid_file_means_not_running(daemon: Daemon, text: str) -> None:
    daemon.pid_file.parent.mkdir()
    daemon.pid_file.write_text(text)
    assert daemon.find() is None
    assert not daemon.stop(5)
    assert not daemon.pid_file.exists()


def test_a_lost_pid_file_hides_nothing(daemon: Daemon, tmp_path: Path) -> None:
    started = start(daemon, tmp_path)
    daemon.pid_file.unlink()
    assert daemon.stop(5)
    assert not started.is_running()


def test_a_process_deaf_to_term_is_killed_after_the_deadline(
    daemon: Daemon, tmp_path: Path
) -> None:
    started = start(daemon, tmp_path, DEAF)
    deadline = time.monotonic() + 10
    while "deaf" not in (tmp_path / "sleeper.out").read_text() and time.monotonic() < deadline:
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


def test_two_commands_do_not_work_on_one_home_at_once(tmp_path: Path) -> None:
    with (
        exclusive(tmp_path / "run" / "lock"),
        pytest.raises(SetupError, match="wait for it"),
        exclusive(tmp_path / "run" / "lock"),
    ):
        pass
    with exclusive(tmp_path / "run" / "lock"):
        pass
