"""A child process has the settings of its parent."""

from dataclasses import replace
from pathlib import Path

from infra.settings import Settings, load_settings
from infra.settings.convert import to_text
from infra.settings.environment import environment_of
from infra.settings.sections import KafkaSettings
from tests.infra.samples import other_values


def test_every_field_reaches_the_child(tmp_path: Path) -> None:
    env = {field.variable: to_text(value) for field, value in other_values().items()}
    settings = replace(load_settings("cluster", env), home=tmp_path)
    assert load_settings(env=environment_of(settings, {})) == settings


def test_texts_with_separators_reach_the_child(tmp_path: Path) -> None:
    kafka = KafkaSettings(bootstrap="a:1,b:2", topic_prefix="x-")
    settings = Settings(home=tmp_path, kafka=kafka)
    assert load_settings(env=environment_of(settings, {})) == settings


def test_defaults_reach_the_child_although_a_settings_file_differs(tmp_path: Path) -> None:
    (tmp_path / "settings.toml").write_text("[kafka]\nport = 1\n")
    settings = Settings(home=tmp_path)
    assert load_settings(env=environment_of(settings, {})) == settings


def test_other_variables_pass_and_marquee_ones_are_replaced(tmp_path: Path) -> None:
    env = environment_of(
        Settings(home=tmp_path),
        {"PATH": "/bin", "MARQUEE_KAFKA__TOPIC_PREFIX": "old", "MARQUEE_DATA": "/data"},
    )
    assert env["PATH"] == "/bin"
    assert env["MARQUEE_DATA"] == "/data"
    assert env["MARQUEE_KAFKA__TOPIC_PREFIX"] == ""
