"""A single-node KRaft broker on loopback: properties, storage and command line."""

import base64
import subprocess
import uuid
from collections.abc import Sequence
from importlib.resources import files
from pathlib import Path

from infra.local.home import Home
from infra.settings.sections import KafkaSettings
from shared.errors import SetupError

NAME = "kafka"
READY_LINE = "Kafka Server started"
"""Logged once the broker is unfenced; its port opens earlier, before topics can be created."""


def properties(settings: KafkaSettings, data: Path) -> dict[str, str]:
    """Return the broker's configuration; the replication factors suit a single node."""
    broker, controller = f"127.0.0.1:{settings.port}", f"127.0.0.1:{settings.controller_port}"
    return {
        "process.roles": "broker,controller",
        "node.id": "1",
        "controller.quorum.voters": f"1@{controller}",
        "listeners": f"PLAINTEXT://{broker},CONTROLLER://{controller}",
        "advertised.listeners": f"PLAINTEXT://{broker}",
        "listener.security.protocol.map": "PLAINTEXT:PLAINTEXT,CONTROLLER:PLAINTEXT",
        "inter.broker.listener.name": "PLAINTEXT",
        "controller.listener.names": "CONTROLLER",
        "log.dirs": str(data),
        "auto.create.topics.enable": "false",
        "log.message.timestamp.type": "LogAppendTime",
        "offsets.topic.replication.factor": "1",
        "offsets.topic.num.partitions": "8",
        "transaction.state.log.replication.factor": "1",
        "transaction.state.log.min.isr": "1",
        "transaction.state.log.num.partitions": "4",
        "share.coordinator.state.topic.replication.factor": "1",
        "share.coordinator.state.topic.min.isr": "1",
        "group.initial.rebalance.delay.ms": "0",
        "num.network.threads": "2",
        "num.io.threads": "4",
        # The default of 128 MB is a quarter of this heap.
        "log.cleaner.dedupe.buffer.size": str(16 << 20),
    }


def prepare(java: str, jars: Sequence[Path], settings: KafkaSettings, home: Home) -> Path:
    """Write the properties and, before the first start, format the storage; return the path of the
    properties.

    Raises:
        SetupError: the storage cannot be formatted.
    """
    conf, data = home.conf(NAME) / "server.properties", home.data(NAME)
    conf.parent.mkdir(parents=True, exist_ok=True)
    conf.write_text(
        "".join(f"{k}={v}\n" for k, v in properties(settings, data).items()), encoding="utf-8"
    )
    # The tool writes meta.properties last, so that a killed formatting is repeated.
    if not (data / "meta.properties").exists():
        cluster = base64.urlsafe_b64encode(uuid.uuid4().bytes).decode().rstrip("=")
        command = [
            *_java(java, jars, home, heap_mb=128),
            "kafka.tools.StorageTool",
            "format",
            # One argument, because an id that begins with a dash would be read as an option.
            f"--cluster-id={cluster}",
            "--config",
            str(conf),
        ]
        done = subprocess.run(command, capture_output=True, text=True, timeout=120, check=False)
        if done.returncode != 0:
            reason = (done.stderr or done.stdout).strip()
            raise SetupError(
                f"Kafka's storage in {data} cannot be formatted: {reason}. "
                "Remove the folder if you do not need its content."
            )
    return conf


def command(
    java: str, jars: Sequence[Path], settings: KafkaSettings, home: Home, mark: str, conf: Path
) -> list[str]:
    """Return the broker's command line."""
    return [*_java(java, jars, home, heap_mb=settings.heap_mb), mark, "kafka.Kafka", str(conf)]


def _java(java: str, jars: Sequence[Path], home: Home, *, heap_mb: int) -> list[str]:
    return [
        java,
        f"-Xmx{heap_mb}m",
        "-XX:+UseSerialGC",
        "-XX:+ExitOnOutOfMemoryError",
        # C1 only: the C2 compiler uses a core for the first minutes, and a laptop has few.
        "-XX:TieredStopAtLevel=1",
        "-Djava.awt.headless=true",
        f"-Dmarquee.log={home.log(NAME)}",
        f"-Dlog4j2.configurationFile={files('infra.local.kafka').joinpath('log4j2.xml')}",
        "-cp",
        ":".join(str(jar) for jar in jars),
    ]
