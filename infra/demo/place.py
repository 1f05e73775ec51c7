"""Where the demo lives: a home of its own inside the user's, wiped at every start, so that it never
touches anybody's data.
"""

import os
import shutil
from dataclasses import replace
from pathlib import Path

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
    LakeSettings,
    Settings,
)
from shared.errors import SetupError

MARKER = "this-folder-is-the-demo's"
"""A file that says the folder may be wiped; a folder without it is never deleted. It holds its
teller's process id, or KEPT.
"""
KEPT = "kept"
TIERS = (ONLINE.name, NEARLINE.name)


def demo_settings(base: Settings, *, holdout_days: float | None = None) -> Settings:
    """The user's settings, turned to a local stack under `demo` in their home; addresses of
    existing clusters are dropped.
    """
    kafka, cassandra = base.kafka, base.cassandra
    fresh = CassandraSettings()
    return replace(
        base,
        home=base.home / "demo",
        kafka=replace(
            kafka, bootstrap="", topic_prefix="", replication=KafkaSettings().replication
        ),
        cassandra=replace(
            cassandra,
            hosts=fresh.hosts,
            keyspace=fresh.keyspace,
            local_dc=fresh.local_dc,
            replication=fresh.replication,
        ),
        artifacts=ArtifactsSettings(),
        lake=LakeSettings(),
        offline=base.offline
        if holdout_days is None
        else replace(base.offline, protocol=replace(base.offline.protocol, test_days=holdout_days)),
    )


def check_machine(settings: Settings) -> None:
    """See in advance, before anything is started, whether the machine can run the story.

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


def make_place(settings: Settings) -> None:
    """An empty home for this telling; what a killed one left behind is stopped and wiped.

    Raises:
        SetupError: another demo is being told there or was kept and still runs, or the folder was
            not made by a demo.
    """
    home = settings.home
    owner = _owner(home)
    if owner == KEPT and any(daemon.find() is not None for daemon in _daemons(settings)):
        raise SetupError(
            f"A demo that was kept still runs under {home}: stop it with `marquee demo --stop`."
        )
    if owner.isdecimal() and _is_telling(int(owner)):
        raise SetupError(
            f"Another demo is being told under {home} (process {owner}): wait for its end, or set MARQUEE_HOME."
        )
    if home.exists() and any(home.iterdir()) and not owner:
        raise SetupError(
            f"{home} was not made by a demo, and would be wiped: set MARQUEE_HOME to another folder."
        )
    clear_place(settings)
    home.mkdir(parents=True, exist_ok=True)
    (home / MARKER).write_text(str(os.getpid()), encoding="utf-8")


def clear_place(settings: Settings) -> list[str]:
    """Stop whatever runs under the demo's home and delete the folder; returns what was stopped."""
    home = settings.home
    if not (home / MARKER).exists():
        return []
    stopped = stop_everything(settings)
    shutil.rmtree(home)
    return stopped


def stop_everything(settings: Settings) -> list[str]:
    """Stop the tiers, then the stack; returns the names of what ran."""
    return [*stop_tiers(settings, TIERS), *stack.stop(settings)]


def keep_place(settings: Settings) -> None:
    """Remember that this demo was left running on purpose."""
    (settings.home / MARKER).write_text(KEPT, encoding="utf-8")


def _owner(home: Path) -> str:
    try:
        return (home / MARKER).read_text(encoding="utf-8")
    except FileNotFoundError:
        return ""


def _is_telling(pid: int) -> bool:
    try:
        return pid != os.getpid() and "demo" in psutil.Process(pid).cmdline()
    except psutil.Error:
        return False


def _daemons(settings: Settings) -> list[Daemon]:
    home = Home(settings.home)
    return [service.daemon(home) for service in stack.local_services(settings)]
