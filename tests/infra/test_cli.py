"""The command line: help, errors and exit codes, status and settings."""

import json
import socket
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
from typer.main import get_command
from typer.testing import CliRunner

from infra import cli
from shared.errors import GateFailed, LeaseHeld, LogGap, MarqueeError, SetupError


def commands() -> dict[str, str]:
    group = get_command(cli.app)
    listed: dict[str, str] = {
        name: command.get_short_help_str(200)
        for name, command in group.commands.items()  # type: ignore[attr-defined]
    }
    return listed


def test_help_lists_every_command_with_one_line() -> None:
    output = CliRunner().invoke(cli.app, ["-h"], env={"COLUMNS": "200"}).stdout
    assert {"up", "down", "status", "jars"} <= set(commands())
    for name, line in commands().items():
        assert line, f"`marquee {name}` has no docstring"
        assert name in output
        assert line in output


def test_every_command_accepts_the_short_help_option() -> None:
    for name in commands():
        assert CliRunner().invoke(cli.app, [name, "-h"]).exit_code == 0, name


def test_help_imports_no_framework_and_no_driver() -> None:
    heavy = ["pyspark", "ray", "torch", "kafka", "cassandra", "numpy", "pyarrow", "fastapi"]
    program = f"import sys, infra.cli; sys.exit(', '.join(m for m in {heavy} if m in sys.modules))"
    done = subprocess.run(
        [sys.executable, "-c", program], capture_output=True, text=True, check=False
    )
    assert done.stderr.strip() == ""


@pytest.mark.parametrize(
    ("error", "code"),
    [
        (MarqueeError("x"), 1),
        (LogGap("x", 1), 1),
        (SetupError("x"), 2),
        (GateFailed("x"), 3),
        (LeaseHeld("x"), 4),
    ],
)
def test_a_marquee_error_becomes_one_sentence_and_an_exit_code(
    error: MarqueeError,
    code: int,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    def fail() -> None:
        raise error

    monkeypatch.setattr(cli, "app", fail)
    with pytest.raises(SystemExit) as caught:
        cli.main()
    assert caught.value.code == code
    assert capsys.readouterr().err == "marquee: x\n"


def test_a_wrong_setting_ends_a_command_with_one_sentence(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(sys, "argv", ["marquee", "status"])
    monkeypatch.setenv("MARQUEE_KAFKA__PORT", "many")
    with pytest.raises(SystemExit) as caught:
        cli.main()
    assert caught.value.code == 2
    assert (
        capsys.readouterr().err == "marquee: 'kafka.port' must be a whole number, not 'many' "
        "(environment MARQUEE_KAFKA__PORT).\n"
    )


@pytest.fixture
def cluster_home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[str]:
    """Settings of an existing Kafka that listens, and of a Cassandra host that does not."""
    with socket.create_server(("127.0.0.1", 0)) as listening, socket.socket() as silent:
        silent.bind(("127.0.0.1", 0))
        address = f"127.0.0.1:{listening.getsockname()[1]}"
        monkeypatch.setenv("MARQUEE_HOME", str(tmp_path))
        monkeypatch.setenv("MARQUEE_KAFKA__BOOTSTRAP", address)
        monkeypatch.setenv("MARQUEE_CASSANDRA__HOSTS", "127.0.0.1")
        monkeypatch.setenv("MARQUEE_CASSANDRA__PORT", str(silent.getsockname()[1]))
        yield address


def test_status_shows_the_addresses_of_existing_clusters(cluster_home: str) -> None:
    done = CliRunner().invoke(cli.app, ["status", "--json"])
    kafka, cassandra = json.loads(done.stdout)
    assert done.exit_code == 1
    assert (kafka["name"], kafka["state"], kafka["address"]) == (
        "kafka",
        "reachable",
        cluster_home,
    )
    assert (cassandra["name"], cassandra["state"]) == ("cassandra", "unreachable")


def test_status_names_a_port_that_another_program_uses(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with socket.create_server(("127.0.0.1", 0)) as listening:
        monkeypatch.setenv("MARQUEE_HOME", str(tmp_path))
        monkeypatch.setenv("MARQUEE_KAFKA__PORT", str(listening.getsockname()[1]))
        done = CliRunner().invoke(cli.app, ["status", "--json"])
    assert done.exit_code == 1
    assert json.loads(done.stdout)[0]["state"] == "port in use"


def test_settings_are_listed_with_value_origin_and_documentation(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "settings.toml").write_text("[offline.gates]\nmargin = 0.05\n")
    monkeypatch.setenv("MARQUEE_HOME", str(tmp_path))
    done = CliRunner().invoke(cli.app, ["settings", "offline.gates", "--set", "--json"])
    [margin] = json.loads(done.stdout)["settings"]
    assert (margin["name"], margin["value"]) == ("offline.gates.margin", 0.05)
    assert margin["origin"] == f"file {tmp_path / 'settings.toml'}"
    assert margin["variable"] == "MARQUEE_OFFLINE__GATES__MARGIN"
    assert margin["doc"]


def test_settings_tables_name_every_section(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("COLUMNS", "160")
    output = CliRunner().invoke(cli.app, ["settings"]).stdout
    for section in ("kafka.client", "online.service.deadlines", "offline.gates", "world.catalog"):
        assert section in output


def test_an_unknown_section_is_refused() -> None:
    with pytest.raises(SetupError, match="no section 'kafak'"):
        CliRunner().invoke(cli.app, ["settings", "kafak"], catch_exceptions=False)


def test_a_secret_is_never_printed(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("COLUMNS", "200")
    monkeypatch.setenv("MARQUEE_ONLINE__SERVICE__REPLICA__TOKEN_KEY", "letmein")
    for options in ([], ["--json"]):
        output = CliRunner().invoke(cli.app, ["settings", "online", *options]).stdout
        assert "letmein" not in output
        assert "***" in output
