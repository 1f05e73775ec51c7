"""The demo's separate home folder inside the user's home, deleted at every start.

The demo never touches data outside this folder.
"""

import os
import shutil
from dataclasses import replace
from pathlib import Path
from typing import Final

import psutil

from infra.local import stack
from infra.local.home import Home
from infra.local.jars import jars
from infra.local.java import find_java
from infra.local.process import Daemon
from infra.local.tiers import NEARLINE, ONLINE, check_tier_port, stop_tiers
from infra.settings.sections import (
    ArtifactsSettings,
    CassandraSettings,
    KafkaSettings,
    Settings,
)
from offline.settings import LakeSettings
from shared.errors import SetupError

MARKER: Final = "this-folder-is-the-demo's"
"""Name of the file that marks the folder for deletion; without it nothing is deleted.

The file contains the process id of the running demo, or LEFT_RUNNING.
"""
LEFT_RUNNING: Final = "left running"
TIERS: Final = (ONLINE.name, NEARLINE.name)


def demo_settings(base: Settings, *, holdout_days: float | None = None) -> Settings:
    """The user's settings for a local stack under `demo` in their home.

    Addresses of existing clusters are replaced by the defaults.
    """
    kafka, cassandra = base.kafka, base.cassandra
    defaults = CassandraSettings()
    return replace(
        base,
        home=base.home / "demo",
        kafka=replace(
            kafka, bootstrap="", topic_prefix="", replication=KafkaSettings().replication
        ),
        cassandra=replace(
            cassandra,
            hosts=defaults.hosts,
            keyspace=defaults.keyspace,
            local_dc=defaults.local_dc,
            replication=defaults.replication,
        ),
        artifacts=ArtifactsSettings(),
        lake=LakeSettings(),
        offline=base.offline
        if holdout_days is None
        else replace(base.offline, protocol=replace(base.offline.protocol, test_days=holdout_days)),
    )


def check_machine(settings: Settings) -> None:
    """Check Java, ports, memory and jars before anything is started.

    Raises:
        SetupError: no suitable Java, a port in use, or too little memory.
    """
    find_java()
    services = stack.local_services(settings)
    for service in services:
        stack.check_ports(service)
    check_tier_port(NEARLINE, settings)
    check_tier_port(ONLINE, settings)
    stack.check_memory(services)
    for service in services:
        jars(service.name)


def create_home(settings: Settings) -> None:
    """Create an empty home; stop and delete the remains of a demo that was killed.

    Raises:
        SetupError: another demo runs in the folder, or the folder was not created by a demo.
    """
    home = settings.home
    owner = _owner(home)
    if owner == LEFT_RUNNING and any(daemon.find() is not None for daemon in _daemons(settings)):
        raise SetupError(
            f"A demo with --keep still runs under {home}: stop it with `marquee demo --stop`."
        )
    if owner.isdecimal() and _is_other_demo(int(owner)):
        raise SetupError(
            f"Another demo is running under {home} (process {owner}): wait for its end, or set "
            "MARQUEE_HOME."
        )
    if home.exists() and any(home.iterdir()) and not owner:
        raise SetupError(
            f"{home} was not created by a demo, and would be wiped: set MARQUEE_HOME to another "
            "folder."
        )
    remove_home(settings)
    home.mkdir(parents=True, exist_ok=True)
    (home / MARKER).write_text(str(os.getpid()), encoding="utf-8")


def remove_home(settings: Settings) -> list[str]:
    """Stop every process of the demo's home and delete the folder; return the stopped ones."""
    home = settings.home
    if not (home / MARKER).exists():
        return []
    stopped = stop_all(settings)
    shutil.rmtree(home)
    return stopped


def stop_all(settings: Settings) -> list[str]:
    """Stop the tiers, then the stack; return the names of the processes that were running."""
    return [*stop_tiers(settings, TIERS), *stack.stop(settings)]


def mark_as_left_running(settings: Settings) -> None:
    """Record that this demo was left running on purpose."""
    (settings.home / MARKER).write_text(LEFT_RUNNING, encoding="utf-8")


def _owner(home: Path) -> str:
    try:
        return (home / MARKER).read_text(encoding="utf-8")
    except FileNotFoundError:
        return ""


def _is_other_demo(pid: int) -> bool:
    try:
        return pid != os.getpid() and "demo" in psutil.Process(pid).cmdline()
    except psutil.Error:
        return False


def _daemons(settings: Settings) -> list[Daemon]:
    home = Home(settings.home)
    return [service.daemon(home) for service in stack.local_services(settings)]
