"""The demo's home: which folders it deletes and which it refuses."""

import os
from dataclasses import replace
from pathlib import Path

import pytest

from infra.demo.home import MARKER, create_home, demo_settings, remove_home
from infra.settings.sections import ArtifactsSettings, CassandraSettings, KafkaSettings, Settings
from shared.errors import SetupError


def test_the_demo_ignores_configured_clusters(tmp_path: Path) -> None:
    configured = Settings(
        home=tmp_path,
        kafka=KafkaSettings(bootstrap="kafka.example:9092", port=19_000),
        cassandra=CassandraSettings(hosts=("db.example",), keyspace="live"),
        artifacts=ArtifactsSettings(uri="s3://bucket/live"),
    )
    demo = demo_settings(configured)
    assert demo.kafka.servers == "127.0.0.1:19000"
    assert demo.cassandra.address.hosts == ("127.0.0.1",)
    assert demo.artifacts_uri == str(tmp_path / "demo" / "artifacts")
    assert demo.lake_warehouse == str(tmp_path / "demo" / "lake")


def test_the_remains_of_an_earlier_demo_are_deleted(tmp_path: Path) -> None:
    settings = Settings(home=tmp_path / "demo")
    create_home(settings)
    (settings.home / "data").mkdir()
    create_home(settings)
    assert [path.name for path in settings.home.iterdir()] == [MARKER]


def test_a_folder_without_the_marker_is_never_deleted(tmp_path: Path) -> None:
    settings = Settings(home=tmp_path / "demo")
    settings.home.mkdir()
    (settings.home / "thesis.txt").write_text("years of work")
    with pytest.raises(SetupError, match="was not created by a demo"):
        create_home(settings)
    remove_home(settings)
    assert (settings.home / "thesis.txt").exists()


def test_an_owner_process_that_is_not_a_demo_does_not_block_the_next_demo(tmp_path: Path) -> None:
    settings = replace(Settings(home=tmp_path), home=tmp_path / "demo")
    create_home(settings)
    (settings.home / MARKER).write_text(str(os.getppid()))
    create_home(settings)
    assert (settings.home / MARKER).read_text() != str(os.getppid())
