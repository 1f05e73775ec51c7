"""A pytest plugin that resumes long proofs: a test that passed is skipped at the same source state.

`make faults` and `make quality` load it. Each passed test writes one file below `.marquee/proofs`,
in a folder named after the commit and, where files were changed since, their content.
"""

import hashlib
import json
import os
import platform
import subprocess
from pathlib import Path

import pytest

MACHINE = f"{os.cpu_count()} cores ({platform.machine()}), {platform.platform()}"


class Proofs:
    """The results of one source state."""

    def __init__(self, root: Path) -> None:
        self.folder = root / ".marquee" / "proofs" / source_state(root)

    def pytest_report_header(self) -> str:
        return f"machine: {MACHINE}\nresults: {self.folder}"

    def pytest_collection_modifyitems(self, items: list[pytest.Item]) -> None:
        for item in items:
            if self._file(item.nodeid).exists():
                item.add_marker(pytest.mark.skip(reason="passed at this source state"))

    def pytest_runtest_logreport(self, report: pytest.TestReport) -> None:
        if report.when == "call" and report.passed:
            self.folder.mkdir(parents=True, exist_ok=True)
            result = {"test": report.nodeid, "seconds": report.duration, "machine": MACHINE}
            self._file(report.nodeid).write_text(json.dumps(result, indent=2), encoding="utf-8")

    def _file(self, test: str) -> Path:
        return self.folder / f"{hashlib.sha256(test.encode()).hexdigest()[:16]}.json"


def pytest_configure(config: pytest.Config) -> None:
    config.pluginmanager.register(Proofs(config.rootpath))


def source_state(root: Path) -> str:
    """Return the commit, followed by a digest of the changes where there are any."""
    commit = _git(root, "rev-parse", "HEAD").decode().strip()
    changes = _git(root, "diff", "HEAD")
    for name in _git(root, "ls-files", "--others", "--exclude-standard").decode().splitlines():
        changes += name.encode() + (root / name).read_bytes()
    return f"{commit}-{hashlib.sha256(changes).hexdigest()[:12]}" if changes else commit


def _git(root: Path, *arguments: str) -> bytes:
    return subprocess.run(["git", *arguments], cwd=root, capture_output=True, check=True).stdout
