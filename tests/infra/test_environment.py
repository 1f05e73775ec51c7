"""A child process gets exactly the settings its parent holds."""

from pathlib import Path

from infra.settings import Settings, load_settings
from infra.settings.environment import environment_of
from infra.settings.sections import (
    CassandraSettings,
    KafkaSettings,
    OnlineSettings,
)
from offline.datasets.reward import RewardSettings
from offline.settings import NightlySettings
from offline.training.settings import DistributedTrainingSettings
from online.settings import Deadlines, PageSettings


def test_settings_survive_the_way_through_the_environment(tmp_path: Path) -> None:
    settings = Settings(
        home=tmp_path,
        profile="cluster",
        kafka=KafkaSettings(topic_prefix="x-", partitions=3),
        cassandra=CassandraSettings(hosts=("10.0.0.1", "10.0.0.2"), request_timeout_s=0.25),
        offline=NightlySettings(
            reward=RewardSettings(thumb=0.75),
            training=DistributedTrainingSettings(use_gpu=True),
        ),
        online=OnlineSettings(
            ingress="serve", page=PageSettings(deadlines=Deadlines(queue_ms=150))
        ),
    )
    assert load_settings(env=environment_of(settings, {})) == settings


def test_defaults_are_named_too_so_that_a_settings_file_does_not_show_through(
    tmp_path: Path,
) -> None:
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
