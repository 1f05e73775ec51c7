"""Sources of settings, and messages about wrong ones."""

import json
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import is_dataclass
from importlib import import_module
from pathlib import Path

import pytest

from infra.settings import load_settings
from infra.settings.convert import to_text
from infra.settings.fields import SettingField
from infra.settings.load import component_fields, load_with_origins
from shared.errors import SetupError
from shared.secret import Secret
from shared.store.cassandra.settings import Address
from tests.infra.samples import other_values

ROOT = Path(__file__).parents[2]
OTHER_VALUES = other_values()


def test_the_defaults_suit_one_machine() -> None:
    settings = load_settings(env={})
    assert settings.profile == "local"
    assert settings.kafka.servers == "127.0.0.1:9092"
    assert settings.cassandra.address.hosts == ("127.0.0.1",)
    assert settings.online.port == 8000
    assert settings.home == Path(".marquee").absolute()
    assert settings.artifacts_uri == str(settings.home / "artifacts")


def _declared_in_settings_modules() -> Iterator[type[object]]:
    """Every dataclass of every module called settings.py, in every tier and in shared."""
    for path in sorted(ROOT.glob("*/**/settings.py")):
        name = ".".join(path.relative_to(ROOT).with_suffix("").parts)
        if name.startswith(("infra.", "nearline.", "offline.", "online.", "shared.")):
            for kind in vars(import_module(name)).values():
                if isinstance(kind, type) and is_dataclass(kind) and kind.__module__ == name:
                    yield kind


def test_every_component_is_part_of_the_settings() -> None:
    sections = {field.section for field in component_fields()}
    declared = set(_declared_in_settings_modules())
    # Address is made from the fields of CassandraSettings.
    assert declared - sections == {Address}


@pytest.mark.parametrize("field", OTHER_VALUES, ids=lambda field: field.name)
def test_every_field_is_set_by_its_environment_variable(field: SettingField) -> None:
    value = OTHER_VALUES[field]
    loaded = load_with_origins(env={field.variable: to_text(value)})
    assert loaded.value(field) == value
    assert str(loaded.origin(field)) == f"environment {field.variable}"


@pytest.mark.parametrize("field", OTHER_VALUES, ids=lambda field: field.name)
def test_every_field_is_set_by_the_settings_file(field: SettingField, tmp_path: Path) -> None:
    value = OTHER_VALUES[field]
    plain = value.value if isinstance(value, Secret) else value
    file = tmp_path / "settings.toml"
    file.write_text(
        f"[{'.'.join(field.path[:-1])}]\n{field.path[-1]} = {json.dumps(plain, default=str)}\n"
    )
    loaded = load_with_origins(env={"MARQUEE_HOME": str(tmp_path)})
    assert loaded.value(field) == value
    assert str(loaded.origin(field)) == f"file {file}"


@pytest.mark.parametrize("field", component_fields(), ids=lambda field: field.name)
def test_every_field_has_a_documentation_line(field: SettingField) -> None:
    assert len(field.doc) > 5


def test_the_environment_overrides_the_home_file_which_overrides_the_profile(
    tmp_path: Path,
) -> None:
    (tmp_path / "settings.toml").write_text(
        '[kafka]\npartitions = 12\nport = 1111\n[cassandra]\nhosts = ["a", "b"]\n'
    )
    env = {
        "MARQUEE_HOME": str(tmp_path),
        "MARQUEE_PROFILE": "cluster",
        "MARQUEE_KAFKA__PORT": "2222",
    }
    settings = load_settings(env=env)
    assert settings.kafka.port == 2222
    assert settings.kafka.partitions == 12
    assert settings.kafka.replication == 3
    assert settings.cassandra.hosts == ("a", "b")


@pytest.mark.parametrize(
    ("variable", "text", "name", "value"),
    [
        (
            "MARQUEE_CASSANDRA__HOSTS",
            "10.0.0.1, 10.0.0.2",
            "cassandra.hosts",
            ("10.0.0.1", "10.0.0.2"),
        ),
        ("MARQUEE_CASSANDRA__HOSTS", '["a,b"]', "cassandra.hosts", ("a,b",)),
        ("MARQUEE_WORLD__PEOPLE__THUMB", "1:2.5", "world.people.thumb", (1.0, 2.5)),
        (
            "MARQUEE_CASSANDRA__CLIENT__REQUEST_TIMEOUT_S",
            "2",
            "cassandra.client.request_timeout_s",
            2.0,
        ),
        ("MARQUEE_OFFLINE__TRAINING__USE_GPU", "True", "offline.training.use_gpu", True),
        ("MARQUEE_KAFKA__TOPIC_PREFIX", "", "kafka.topic_prefix", ""),
    ],
)
def test_a_text_is_converted_to_the_declared_type(
    variable: str, text: str, name: str, value: object
) -> None:
    loaded = load_with_origins(env={variable: text})
    [field] = [field for field in component_fields() if field.name == name]
    assert loaded.value(field) == value


@pytest.mark.parametrize(
    ("name", "value", "message"),
    [
        (
            "MARQUEE_KAFKA__PORTT",
            "1",
            "'kafka.portt' (environment MARQUEE_KAFKA__PORTT); did you mean 'kafka.port'?",
        ),
        ("MARQUEE_KAFAK__PORT", "1", "did you mean 'kafka.port'?"),
        (
            "MARQUEE_CASSANDRA__REQUEST_TIMEOUT_S",
            "1",
            "did you mean 'cassandra.client.request_timeout_s'?",
        ),
        (
            "MARQUEE_ZZZ__ZZZ",
            "1",
            "'zzz.zzz' (environment MARQUEE_ZZZ__ZZZ); `marquee settings` lists all of them.",
        ),
        (
            "MARQUEE_KAFKA__PORT",
            "many",
            "'kafka.port' must be a whole number, not 'many' (environment MARQUEE_KAFKA__PORT).",
        ),
        ("MARQUEE_KAFKA__PORT", "", "'kafka.port' must be a whole number, not ''"),
        ("MARQUEE_CASSANDRA__CLIENT__REQUEST_TIMEOUT_S", "soon", "must be a number"),
        ("MARQUEE_CASSANDRA__CLIENT__REQUEST_TIMEOUT_S", "nan", "without NaN and infinity"),
        ("MARQUEE_CASSANDRA__CLIENT__REQUEST_TIMEOUT_S", "-inf", "without NaN and infinity"),
        ("MARQUEE_WORLD__PEOPLE__THUMB", "1:inf", "without NaN and infinity"),
        ("MARQUEE_OFFLINE__TRAINING__USE_GPU", "perhaps", "must be true or false"),
        ("MARQUEE_ONLINE__INGRESS", "nginx", "must be one of auto, serve, haproxy, not 'nginx'"),
        ("MARQUEE_WORLD__PEOPLE__THUMB", "1", "must be 2 values joined by colons, not '1'"),
        ("MARQUEE_WORLD__PEOPLE__THUMB", "[1,", "must be valid JSON"),
        ("MARQUEE_KAFKA", "x", "'kafka' in environment MARQUEE_KAFKA is a section, not a value."),
        ("MARQUEE_PROFILE", "moon", "There is no settings profile 'moon'; choose one of local"),
        (
            "MARQUEE_KAFKA__BOOTSTRAP",
            "broker-1",
            "not 'broker-1' (bootstrap from environment MARQUEE_KAFKA__BOOTSTRAP).",
        ),
        (
            "MARQUEE_KAFKA__CLIENT__SESSION_TIMEOUT_MS",
            "2000",
            "session_timeout_ms must be at least 3 × heartbeat_interval_ms",
        ),
    ],
)
def test_a_wrong_variable_is_refused_with_its_name(name: str, value: str, message: str) -> None:
    with pytest.raises(SetupError) as caught:
        load_settings(env={name: value})
    assert message in str(caught.value)


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("[kafka]\nport = true\n", "'kafka.port' must be a whole number, not True (file "),
        ('[kafka]\nport = "1"\n', "'kafka.port' must be a whole number, not '1'"),
        ("kafka = 3\n", "is a section, not a value."),
        ('home = "/x"\n', "set MARQUEE_HOME in the environment."),
        ("[kafka\n", "settings.toml cannot be read"),
        ("[offline.protocol]\ntest_days = nan\n", "must be a number, without NaN and infinity"),
        ("[cassandra]\nhosts = 3\n", "'cassandra.hosts' must be a list of texts, not 3"),
        ("[kafka]\nportt = 3\n", "settings.toml); did you mean 'kafka.port'?"),
    ],
)
def test_a_wrong_settings_file_is_refused_with_its_path(
    tmp_path: Path, text: str, message: str
) -> None:
    (tmp_path / "settings.toml").write_text(text)
    with pytest.raises(SetupError) as caught:
        load_settings(env={"MARQUEE_HOME": str(tmp_path)})
    assert message in str(caught.value)


def test_settings_load_without_the_frameworks_of_the_tiers() -> None:
    heavy = {"pyspark", "ray", "torch", "kafka", "cassandra", "fastapi", "numpy"}
    program = (
        "import sys; from infra.settings import load_settings; load_settings(env={});"
        f"sys.exit(', '.join({heavy} & set(sys.modules)))"
    )
    done = subprocess.run(
        [sys.executable, "-c", program], capture_output=True, text=True, check=False
    )
    assert done.stderr.strip() == ""


TOKEN_KEY = "MARQUEE_ONLINE__SERVICE__REPLICA__TOKEN_KEY"


def test_a_secret_is_read_from_the_file_that_a_variable_names(tmp_path: Path) -> None:
    (tmp_path / "key").write_text("letmein\n")
    settings = load_settings(env={f"{TOKEN_KEY}_FILE": str(tmp_path / "key")})
    assert settings.online.service.replica.token_key.value == "letmein"
    assert "letmein" not in repr(settings)


def test_a_secret_set_twice_is_refused(tmp_path: Path) -> None:
    with pytest.raises(SetupError, match=f"{TOKEN_KEY} and {TOKEN_KEY}_FILE are both set"):
        load_settings(env={TOKEN_KEY: "a", f"{TOKEN_KEY}_FILE": str(tmp_path / "key")})


def test_a_missing_secret_file_is_refused(tmp_path: Path) -> None:
    with pytest.raises(SetupError, match="names a file that cannot be read"):
        load_settings(env={f"{TOKEN_KEY}_FILE": str(tmp_path / "key")})


def test_only_a_secret_can_be_read_from_a_file() -> None:
    with pytest.raises(SetupError, match=r"no setting 'kafka\.port_file'"):
        load_settings(env={"MARQUEE_KAFKA__PORT_FILE": "/x"})


def test_a_wrong_secret_is_not_part_of_the_message(tmp_path: Path) -> None:
    (tmp_path / "settings.toml").write_text("[online.service.replica]\ntoken_key = 12345\n")
    with pytest.raises(SetupError) as caught:
        load_settings(env={"MARQUEE_HOME": str(tmp_path)})
    assert "12345" not in str(caught.value)
