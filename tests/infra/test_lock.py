"""requirements.lock pins and hashes every package and contains no index address."""

import re
import tomllib
from pathlib import Path

ROOT = Path(__file__).parents[2]
LOCK = (ROOT / "requirements.lock").read_text(encoding="utf-8")
REQUIREMENTS = re.findall(
    r"^([A-Za-z0-9][A-Za-z0-9._-]*)[^\n]* \\\n((?:    --hash=sha256:[0-9a-f]{64}(?: \\)?\n)*)",
    LOCK,
    re.MULTILINE,
)


def test_the_lock_contains_no_address() -> None:
    assert not re.search(r"https?://|--index-url|--extra-index-url|--find-links|@ ", LOCK)


def test_every_requirement_is_pinned_and_hashed() -> None:
    lines = [line for line in LOCK.splitlines() if line and line[0] not in "# "]
    assert len(lines) > 100
    assert len(REQUIREMENTS) == len(lines)
    assert all("==" in line for line in lines)
    assert all(hashes for *_, hashes in REQUIREMENTS)


def test_every_dependency_of_the_project_is_locked() -> None:
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    requirements = [*project["dependencies"], *project["optional-dependencies"]["dev"]]
    names = {re.split(r"[\[<>=~!]", requirement)[0].lower() for requirement in requirements}
    assert names <= {name.lower() for name, *_ in REQUIREMENTS}


def test_the_installer_is_pinned_and_hashed_too() -> None:
    text = (ROOT / "infra" / "bootstrap" / "uv.txt").read_text(encoding="utf-8")
    assert re.search(r"^uv==\d", text, re.MULTILINE)
    assert text.count("--hash=sha256:") > 5
