"""Long proofs resume: a test that passed runs again only after the source has changed."""

import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).parents[2]
TESTS = """
from pathlib import Path

def test_that_passes():
    pass

def test_that_waits_for_a_file():
    assert Path("ready").exists()
"""


def git(folder: Path, *arguments: str) -> None:
    identity = ["-c", "user.name=test", "-c", "user.email=test@example.org"]
    subprocess.run(["git", *identity, *arguments], cwd=folder, check=True, capture_output=True)


def run(folder: Path) -> str:
    command = [sys.executable, "-m", "pytest", "-p", "tests.proofs", "-q", "test_long.py"]
    environment = {
        "PYTHONPATH": str(ROOT),
        "PATH": "/usr/bin:/bin",
        "PYTEST_DISABLE_PLUGIN_AUTOLOAD": "1",
    }
    done = subprocess.run(
        command, cwd=folder, env=environment, capture_output=True, text=True, check=False
    )
    return done.stdout.splitlines()[-1]


def test_a_passed_test_is_skipped_until_the_source_changes(tmp_path: Path) -> None:
    (tmp_path / "test_long.py").write_text(TESTS)
    (tmp_path / ".gitignore").write_text(".marquee\n__pycache__\n.pytest_cache\nready\n")
    git(tmp_path, "init")
    git(tmp_path, "add", ".")
    git(tmp_path, "commit", "-m", "first")
    assert "1 failed, 1 passed" in run(tmp_path)
    (tmp_path / "ready").touch()
    assert "1 passed, 1 skipped" in run(tmp_path)
    assert "2 skipped" in run(tmp_path)
    (tmp_path / "test_long.py").write_text(TESTS + "\n")
    assert "2 passed" in run(tmp_path)
