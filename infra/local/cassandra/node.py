"""A single Cassandra node on loopback: configuration and command line."""

import json
from collections.abc import Sequence
from importlib.resources import files
from pathlib import Path

from infra.local.home import Home
from infra.settings.sections import CassandraSettings

NAME = "cassandra"
READY_LINE = "Startup complete"
DIRECT_MEMORY_MB = 256
"""A guess that suits the sizes below."""
# Workers of Cassandra's thread pools wake up every 10 µs to check for work. With a few hundred
# requests per second that is tens of thousands of context switches per second (measured with
# voluntary_ctxt_switches in /proc/PID/task/*/status). On Linux a larger timer slack makes these
# sleeps longer. Other systems ignore it.
LAUNCH = 'echo 500000 2>/dev/null >/proc/self/timerslack_ns || true; exec "$0" "$@"'


def configuration(settings: CassandraSettings, data: Path) -> dict[str, object]:
    """Return cassandra.yaml with sizes for a laptop; other options have Cassandra's defaults."""
    return {
        "cluster_name": "marquee",
        "num_tokens": 1,
        "partitioner": "org.apache.cassandra.dht.Murmur3Partitioner",
        "endpoint_snitch": "SimpleSnitch",
        "seed_provider": [
            {
                "class_name": "org.apache.cassandra.locator.SimpleSeedProvider",
                "parameters": [{"seeds": f"127.0.0.1:{settings.storage_port}"}],
            }
        ],
        "listen_address": "127.0.0.1",
        "storage_port": settings.storage_port,
        "rpc_address": "127.0.0.1",
        "native_transport_port": settings.port,
        "data_file_directories": [str(data / "data")],
        "commitlog_directory": str(data / "commitlog"),
        "saved_caches_directory": str(data / "saved_caches"),
        "hints_directory": str(data / "hints"),
        "cdc_raw_directory": str(data / "cdc_raw"),
        # With `periodic`, kill -9 of the only node loses the last 100 ms of acknowledged writes,
        # although their offsets are committed; see docs/decisions/0006.
        "commitlog_sync": "batch",
        "commitlog_total_space": "512MiB",
        "commitlog_segment_size": "16MiB",
        "memtable_heap_space": "192MiB",
        "memtable_offheap_space": "128MiB",
        "memtable_allocation_type": "offheap_buffers",
        "key_cache_size": "16MiB",
        "file_cache_size": "64MiB",
        "networking_cache_size": "16MiB",
        # Guesses for few cores. Idle workers wake up to check for work, and the defaults suit
        # dozens of cores.
        "native_transport_max_threads": 8,
        "concurrent_reads": 4,
        "concurrent_writes": 8,
        "concurrent_compactors": 1,
        "hinted_handoff_enabled": False,
        "auto_snapshot": False,
        # A node that cannot write ends, so that `marquee status` shows it.
        "disk_failure_policy": "die",
        "commit_failure_policy": "die",
    }


def prepare(settings: CassandraSettings, home: Home) -> Path:
    """Write cassandra.yaml (JSON is YAML) and return its path."""
    conf = home.conf(NAME) / "cassandra.yaml"
    conf.parent.mkdir(parents=True, exist_ok=True)
    home.data(NAME).mkdir(parents=True, exist_ok=True)
    conf.write_text(
        json.dumps(configuration(settings, home.data(NAME)), indent=2) + "\n", encoding="utf-8"
    )
    return conf


def command(
    java: str, jars: Sequence[Path], settings: CassandraSettings, home: Home, mark: str, conf: Path
) -> list[str]:
    """Return the node's command line; without a JMX port, so that none is opened."""
    package = files("infra.local.cassandra")
    options = package.joinpath("jvm17.options").read_text(encoding="utf-8").splitlines()
    agent = next(jar for jar in jars if jar.name.startswith("jamm-"))
    return [
        "/bin/sh",
        "-c",
        LAUNCH,
        java,
        f"-Xms{settings.heap_mb}m",
        f"-Xmx{settings.heap_mb}m",
        f"-XX:MaxDirectMemorySize={DIRECT_MEMORY_MB}m",
        "-XX:+UseG1GC",
        "-XX:MaxGCPauseMillis=50",
        "-XX:+ExitOnOutOfMemoryError",
        # C1 only: the C2 compiler uses a core for the first minutes, and a laptop has few.
        "-XX:TieredStopAtLevel=1",
        *(line for line in options if line and not line.startswith("#")),
        f"-javaagent:{agent}",
        f"-Dmarquee.log={home.log(NAME)}",
        f"-Dlogback.configurationFile={package.joinpath('logback.xml')}",
        f"-Dcassandra.config=file://{conf}",
        f"-Dcassandra.storagedir={home.data(NAME)}",
        f"-Dcassandra.logdir={home.log(NAME).parent}",
        "-Dcassandra-foreground=yes",
        # A single node has no other node to wait for.
        "-Dcassandra.skip_wait_for_gossip_to_settle=0",
        "-Dcassandra.ring_delay_ms=0",
        "-Dcassandra.superuser_setup_delay_ms=0",
        mark,
        "-cp",
        ":".join(str(jar) for jar in jars),
        "org.apache.cassandra.service.CassandraDaemon",
    ]
