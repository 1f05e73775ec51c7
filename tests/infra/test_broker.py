"""Preparing the local broker's storage."""

import uuid
from pathlib import Path

import pytest

from infra.local.home import Home
from infra.local.jars import jars
from infra.local.java import find_java
from infra.local.kafka.broker import prepare
from infra.settings.sections import KafkaSettings


def test_a_cluster_id_with_a_leading_dash_is_formatted(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(
        "infra.local.kafka.broker.uuid.uuid4", lambda: uuid.UUID(int=0xFB << 120 | 7)
    )
    prepare(find_java(), jars("kafka"), KafkaSettings(), Home(tmp_path))
    [meta] = tmp_path.rglob("meta.properties")
    assert "cluster.id=-" in meta.read_text()
