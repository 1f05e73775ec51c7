"""A machine that is not ready is refused with one sentence."""

import socket
import subprocess
import sys
from dataclasses import replace
from pathlib import Path
from types import SimpleNamespace

import psutil
import pytest

from infra.local import stack
from infra.local.java import find_java
from infra.settings import load_settings
from infra.settings.sections import KafkaSettings, Settings
from shared.errors import SetupError

ROOT = Path(__file__).parents[2]


def program(path: Path, script: str) -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(f"#!/bin/sh\n{script}\n")
    path.chmod(0o755)
    return path


def one_sentence(text: str) -> bool:
    return (
        text.strip().endswith((".", ")")) and "\n" not in text.strip() and "Traceback" not in text
    )


def test_a_missing_java_is_refused_with_the_version_to_install() -> None:
    with pytest.raises(
        SetupError, match="Java 17 is needed and there is no `java` on the PATH"
    ) as caught:
        find_java({"PATH": "/nowhere"})
    assert one_sentence(str(caught.value))


def test_a_wrong_java_home_is_refused_with_its_path(tmp_path: Path) -> None:
    with pytest.raises(SetupError, match=f"no `java` under JAVA_HOME .{tmp_path}"):
        find_java({"JAVA_HOME": str(tmp_path), "PATH": "/usr/bin"})


@pytest.mark.parametrize(
    ("printed", "version"), [("1.8.0_402", 8), ("11.0.22", 11), ("21.0.1", 21), ("22-ea", 22)]
)
def test_a_java_of_another_version_is_refused_by_its_version(
    tmp_path: Path, printed: str, version: int
) -> None:
    java = program(tmp_path / "java", f"echo 'openjdk version \"{printed}\" 2024-01-16' >&2")
    with pytest.raises(SetupError, match=f"{java} is Java {version}: set JAVA_HOME"):
        find_java({"PATH": str(tmp_path)})


def test_java_home_overrides_the_path(tmp_path: Path) -> None:
    program(tmp_path / "path" / "java", "exit 1")
    java = program(
        tmp_path / "home" / "bin" / "java", "echo 'openjdk version \"17.0.15\" 2025-04-15' >&2"
    )
    assert find_java({"PATH": str(tmp_path / "path"), "JAVA_HOME": str(tmp_path / "home")}) == str(
        java
    )


@pytest.mark.parametrize(
    ("index", "variable"), [(0, "MARQUEE_CASSANDRA__PORT"), (1, "MARQUEE_CASSANDRA__STORAGE_PORT")]
)
def test_a_port_in_use_is_refused_with_its_setting(index: int, variable: str) -> None:
    with socket.create_server(("127.0.0.1", 0)) as listening:
        port = listening.getsockname()[1]
        cassandra = stack.local_services(load_settings(env={variable: str(port)}))[1]
        with pytest.raises(
            SetupError,
            match=f"Cassandra needs port {port}, which another program uses: .*{variable}",
        ) as caught:
            stack.check_ports(replace(cassandra, ports=cassandra.ports[index : index + 1]))
    assert one_sentence(str(caught.value))


def test_too_little_memory_is_refused_before_anything_starts(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(psutil, "virtual_memory", lambda: SimpleNamespace(available=900 << 20))
    with pytest.raises(
        SetupError, match="Kafka and Cassandra need 2048 MB of memory and 900 MB are available"
    ) as caught:
        stack.check_memory(stack.local_services(load_settings(env={})))
    assert one_sentence(str(caught.value))


def setup(env: dict[str, str]) -> subprocess.CompletedProcess[str]:
    script = ROOT / "infra" / "bootstrap" / "setup.sh"
    return subprocess.run(
        ["/bin/sh", str(script)], env=env, capture_output=True, text=True, timeout=60, check=False
    )


def test_an_old_python_is_refused_by_its_version(tmp_path: Path) -> None:
    program(
        tmp_path / "python3", 'case "$2" in *platform*) echo "python3 is 3.9.2";; *) exit 1;; esac'
    )
    for version in ("3.11", "3.12", "3.13"):
        program(tmp_path / f"python{version}", "exit 127")
    done = setup({"PATH": f"{tmp_path}:/bin:/usr/bin"})
    assert done.returncode == 2
    assert done.stderr == (
        "marquee: Python 3.11, 3.12 or 3.13 is needed and python3 is 3.9.2: "
        "install one, or set MARQUEE_PYTHON to its path.\n"
    )


def test_an_unsupported_marquee_python_is_refused_with_its_path(tmp_path: Path) -> None:
    old = program(tmp_path / "old-python", "exit 1")
    done = setup({"PATH": "/bin:/usr/bin", "MARQUEE_PYTHON": str(old)})
    assert done.returncode == 2
    assert f"{old} is not one" in done.stderr
    assert one_sentence(done.stderr)


def test_a_missing_java_stops_the_setup_before_downloads(tmp_path: Path) -> None:
    done = setup(
        {"PATH": "/bin:/usr/bin", "MARQUEE_PYTHON": sys.executable, "JAVA_HOME": str(tmp_path)}
    )
    assert done.returncode == 2
    assert done.stdout == ""
    assert done.stderr.startswith("marquee: Java 17 is needed")
    assert one_sentence(done.stderr)


def test_a_local_service_is_refused_where_the_settings_ask_for_replicas(tmp_path: Path) -> None:
    settings = Settings(home=tmp_path, kafka=KafkaSettings(replication=3))
    with pytest.raises(SetupError, match=r"kafka\.bootstrap"):
        stack.start(settings)


@pytest.mark.parametrize("variable", ["MARQUEE_MAVEN_URL", "MARQUEE_PYTHON", "MARQUEE_CACHE"])
def test_documented_variables_are_not_taken_for_settings(tmp_path: Path, variable: str) -> None:
    environment = {"MARQUEE_HOME": str(tmp_path), variable: "value"}
    assert load_settings(env=environment).home == tmp_path
