"""The sections of the settings: one frozen dataclass per component.

A component declares its settings next to its code: names, types, defaults, and a docstring below
each field. This module names those dataclasses in `settings.toml`, and declares the settings of
`infra` itself: addresses, and how services are started. Importing it loads no driver and none of
pyspark, ray and torch.
"""

from dataclasses import dataclass, field
from pathlib import Path
from typing import Literal

from infra.world.settings import WorldSettings
from nearline.settings import WorkerSettings
from offline.settings import LakeSettings, NightlySettings, SparkSettings
from online.settings import ServeTuning, ServiceSettings
from shared.log.kafka.settings import KafkaTuning
from shared.store.cassandra.settings import Address, CassandraTuning


@dataclass(frozen=True, slots=True)
class KafkaSettings:
    """The Kafka cluster, or the local broker."""

    bootstrap: str = ""
    """host:port[,host:port] of an existing cluster; empty means the local broker on `port`."""
    topic_prefix: str = ""
    """Prefix of every topic and group name, so that several platforms can share one cluster."""
    partitions: int = 8
    """Partitions of `signals` and `exposures`; a guess. Fixed for the life of the topics."""
    replication: int = 1
    """Replication factor of the topics."""
    port: int = 9092
    """Port of the local broker, on loopback."""
    controller_port: int = 9093
    """Port of the local broker's controller, on loopback."""
    heap_mb: int = 512
    """Maximum heap of the local broker; a guess for a laptop."""
    client: KafkaTuning = field(default_factory=KafkaTuning)
    """Timeouts and sizes of producers and consumers."""

    def __post_init__(self) -> None:
        """Refuse an address without a port.

        Raises:
            ValueError: with the address.
        """
        for address in filter(None, self.bootstrap.split(",")):
            host, _, port = address.rpartition(":")
            if not host or not port.isdigit():
                raise ValueError(f"bootstrap must be host:port[,host:port], not {address!r}")

    @property
    def servers(self) -> str:
        """The addresses that clients connect to."""
        return self.bootstrap or f"127.0.0.1:{self.port}"


@dataclass(frozen=True, slots=True)
class CassandraSettings:
    """The Cassandra cluster, or the local node."""

    hosts: tuple[str, ...] = ()
    """Contact points of an existing cluster; empty means the local node."""
    port: int = 9042
    """Port of the native protocol; the local node listens on it, on loopback."""
    keyspace: str = "marquee"
    """The keyspace of the platform's tables."""
    local_dc: str = "datacenter1"
    """The data center with the replicas that count for LOCAL_QUORUM."""
    replication: int = 1
    """Copies of each row in the local data center."""
    storage_port: int = 7000
    """Port for traffic between nodes; the local node binds it on loopback."""
    heap_mb: int = 1024
    """Heap of the local node; a guess for a laptop."""
    client: CassandraTuning = field(default_factory=CassandraTuning)
    """Timeouts and sizes of the driver."""

    @property
    def address(self) -> Address:
        """The contact points that clients connect to."""
        return Address(self.hosts or ("127.0.0.1",), self.port, self.local_dc)


@dataclass(frozen=True, slots=True)
class ArtifactsSettings:
    """The store of models, manifests and reports."""

    uri: str = ""
    """Any pyarrow file system (a path, s3://bucket/prefix); empty means `artifacts` in the home
    folder.
    """


@dataclass(frozen=True, slots=True)
class NearlineSettings:
    """How the nearline worker is run."""

    metrics_port: int = 9108
    """Port of /metrics on loopback; 0 turns it off."""
    worker: WorkerSettings = field(default_factory=WorkerSettings)
    """How the worker reads, folds and writes."""


@dataclass(frozen=True, slots=True)
class OnlineSettings:
    """How the page API is served."""

    host: str = "127.0.0.1"
    """Address the API listens on."""
    port: int = 8000
    """Port the API listens on."""
    replicas: int = 2
    """Processes that answer requests, one core each. With two, a page rarely waits for another page
    (docs/decisions/0007).
    """
    ingress: Literal["auto", "serve", "haproxy"] = "auto"
    """HTTP proxy in front of the replicas; auto uses HAProxy if the binary exists."""
    serve: ServeTuning = field(default_factory=ServeTuning)
    """Queues, timeouts and health checks of Ray Serve."""
    service: ServiceSettings = field(default_factory=ServiceSettings)
    """Pages, deadlines, work budgets and memory of a replica."""


@dataclass(frozen=True, slots=True)
class Settings:
    """The settings of a process, one field per component."""

    home: Path
    """Absolute path of the folder with the local stack's data, logs and pid files, and with all
    data without a separate address.
    """
    profile: str = "local"
    """The packaged profile whose values replace the defaults."""
    kafka: KafkaSettings = field(default_factory=KafkaSettings)
    """The log."""
    cassandra: CassandraSettings = field(default_factory=CassandraSettings)
    """The store."""
    artifacts: ArtifactsSettings = field(default_factory=ArtifactsSettings)
    """The artifact store."""
    lake: LakeSettings = field(default_factory=LakeSettings)
    """The lake."""
    spark: SparkSettings = field(default_factory=SparkSettings)
    """Spark."""
    offline: NightlySettings = field(default_factory=NightlySettings)
    """The nightly run."""
    nearline: NearlineSettings = field(default_factory=NearlineSettings)
    """The nearline worker."""
    online: OnlineSettings = field(default_factory=OnlineSettings)
    """The page API."""
    world: WorldSettings = field(default_factory=WorldSettings)
    """The simulated service of `marquee world` and `marquee demo`."""

    @property
    def artifacts_uri(self) -> str:
        """Address of the artifact store."""
        return self.artifacts.uri or str(self.home / "artifacts")

    @property
    def lake_warehouse(self) -> str:
        """Address of the lake's warehouse."""
        return self.lake.warehouse or str(self.home / "lake")
