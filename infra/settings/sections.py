"""One frozen dataclass per component; what stands under a field is its documentation, its default
is what a laptop needs.

Tiers define the settings of what they do in `nearline/settings.py` and `online/settings.py`; here
they are only given a place.
"""

from dataclasses import dataclass, field
from pathlib import Path
from typing import Literal

from nearline.settings import WorkerSettings
from offline.settings import NightlySettings
from online.settings import PageSettings


@dataclass(frozen=True, slots=True)
class KafkaSettings:
    """How to reach the log, and how the local broker is run."""

    bootstrap: str = ""
    """host:port[,host:port] of an existing cluster; empty means the local broker on `port`."""
    topic_prefix: str = ""
    """Put before every topic and group name, so that several platforms can share one cluster."""
    partitions: int = 8
    """Partitions of `signals` and `exposures`; fixed for the life of the topics."""
    replication: int = 1
    """Copies of every partition of the topics that are created."""
    port: int = 9092
    """Port of the local broker, on loopback."""
    controller_port: int = 9093
    """Port of the local broker's controller, on loopback."""
    heap_mb: int = 512
    """Largest heap of the local broker."""

    @property
    def servers(self) -> str:
        """What clients connect to."""
        return self.bootstrap or f"127.0.0.1:{self.port}"


@dataclass(frozen=True, slots=True)
class CassandraSettings:
    """How to reach the store, and how the local node is run."""

    hosts: tuple[str, ...] = ()
    """Contact points of an existing cluster; empty means the local node."""
    port: int = 9042
    """Port of the native protocol; the local node listens on it, on loopback."""
    keyspace: str = "marquee"
    """The keyspace of the platform's tables."""
    local_dc: str = "datacenter1"
    """The data center that LOCAL_QUORUM speaks of."""
    replication: int = 1
    """Copies of each row when the keyspace is created."""
    request_timeout_s: float = 5.0
    """How long a call waits for an answer, where the caller sets no deadline of its own."""
    storage_port: int = 7000
    """Port on which nodes would talk to each other; the local node binds it on loopback."""
    heap_mb: int = 1024
    """Heap of the local node."""

    @property
    def contact_points(self) -> tuple[str, ...]:
        """What clients connect to."""
        return self.hosts or ("127.0.0.1",)


@dataclass(frozen=True, slots=True)
class ArtifactsSettings:
    """Where models, manifests and reports are kept."""

    uri: str = ""
    """Any pyarrow filesystem (a path, s3://bucket/prefix); empty means `artifacts` in the home
    folder.
    """


@dataclass(frozen=True, slots=True)
class LakeSettings:
    """Where the long history is kept."""

    warehouse: str = ""
    """Folder or object-store address of the Iceberg warehouse; empty means `lake` in the home
    folder.
    """
    catalog: Literal["jdbc", "rest"] = "jdbc"
    """Kind of Iceberg catalog."""
    catalog_uri: str = ""
    """Address of the catalog; empty means a SQLite file beside the warehouse."""


@dataclass(frozen=True, slots=True)
class SparkSettings:
    """How Spark is started by the offline jobs."""

    master: str = "local[2]"
    """Spark master."""
    driver_memory: str = "1g"
    """Heap of the driver."""
    shuffle_partitions: int = 4
    """Partitions after a shuffle; few on a laptop."""
    executor_memory: str = "1g"
    """Heap of an executor; means nothing under local[n]."""
    executor_cores: int = 1
    """Cores of an executor; means nothing under local[n]."""
    executor_gpus: int = 0
    """GPUs that an executor asks for; above 0 training uses NCCL."""
    extra: tuple[str, ...] = ()
    """Further `key=value` settings, as spark-submit --conf takes them."""


@dataclass(frozen=True, slots=True)
class NearlineSettings:
    """How the nearline worker is run."""

    metrics_port: int = 9108
    """Port of /metrics on loopback; 0 turns it off."""
    worker: WorkerSettings = field(default_factory=WorkerSettings)
    """How it reads, folds and writes."""


@dataclass(frozen=True, slots=True)
class OnlineSettings:
    """How the page API is served."""

    host: str = "127.0.0.1"
    """Address the API listens on."""
    port: int = 8000
    """Port the API listens on."""
    replicas: int = 2
    """Processes that answer requests, each on one core: with two of them a page seldom waits for
    another's.
    """
    ingress: Literal["auto", "serve", "haproxy"] = "auto"
    """Which HTTP proxy stands in front; auto takes HAProxy where the binary exists."""
    page: PageSettings = field(default_factory=PageSettings)
    """Deadlines, scores, layout, exploration and memory of the page."""


@dataclass(frozen=True, slots=True)
class Settings:
    """Everything that `infra` passes on, one field per component."""

    home: Path
    """Folder of the local stack's data, logs and pid files, and of what has no other place; always
    absolute.
    """
    profile: str = "local"
    """Which file of this package the values started from."""
    kafka: KafkaSettings = field(default_factory=KafkaSettings)
    """The log."""
    cassandra: CassandraSettings = field(default_factory=CassandraSettings)
    """The store."""
    artifacts: ArtifactsSettings = field(default_factory=ArtifactsSettings)
    """Artifacts."""
    lake: LakeSettings = field(default_factory=LakeSettings)
    """The lake."""
    spark: SparkSettings = field(default_factory=SparkSettings)
    """Spark."""
    offline: NightlySettings = field(default_factory=NightlySettings)
    """The nightly."""
    nearline: NearlineSettings = field(default_factory=NearlineSettings)
    """The nearline worker."""
    online: OnlineSettings = field(default_factory=OnlineSettings)
    """The page API."""

    @property
    def artifacts_uri(self) -> str:
        """Where artifacts are, whether set or by default."""
        return self.artifacts.uri or str(self.home / "artifacts")

    @property
    def lake_warehouse(self) -> str:
        """Where the lake is, whether set or by default."""
        return self.lake.warehouse or str(self.home / "lake")
