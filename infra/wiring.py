"""From settings to adapters: the only place that chooses which log, store and artifact store are
used.
"""

from dataclasses import dataclass

from infra.settings.sections import Settings
from shared.artifacts.port import Artifacts
from shared.log.port import Log
from shared.store.port import Store


@dataclass(frozen=True, slots=True)
class LogFactory:
    """Opens a connection to the log wherever it is unpickled: in a Spark task, in a Ray replica, in
    this process.
    """

    servers: str
    prefix: str
    replication: int

    def open(self) -> Log:
        """A new connection; whoever opens it closes it."""
        from shared.log.kafka import KafkaLog

        return KafkaLog(self.servers, prefix=self.prefix, replication=self.replication)


@dataclass(frozen=True, slots=True)
class StoreFactory:
    """Opens a connection to the store wherever it is unpickled."""

    hosts: tuple[str, ...]
    port: int
    keyspace: str
    local_dc: str
    request_timeout_s: float
    replication: int

    def open(self) -> Store:
        """A new connection; whoever opens it closes it."""
        from shared.store.cassandra import CassandraStore

        return CassandraStore(
            self.hosts,
            self.port,
            self.keyspace,
            self.local_dc,
            self.request_timeout_s,
            replication_factor=self.replication,
        )


@dataclass(frozen=True, slots=True)
class ArtifactsFactory:
    """Opens the artifact store wherever it is unpickled."""

    uri: str

    def open(self) -> Artifacts:
        """A new connection; there is nothing to close."""
        from shared.artifacts.directory import DirectoryArtifacts

        return DirectoryArtifacts(self.uri)


def log_factory(settings: Settings) -> LogFactory:
    """How to open the log, to be sent to other processes."""
    kafka = settings.kafka
    return LogFactory(kafka.servers, kafka.topic_prefix, kafka.replication)


def store_factory(settings: Settings) -> StoreFactory:
    """How to open the store, to be sent to other processes."""
    cassandra = settings.cassandra
    return StoreFactory(
        hosts=cassandra.contact_points,
        port=cassandra.port,
        keyspace=cassandra.keyspace,
        local_dc=cassandra.local_dc,
        request_timeout_s=cassandra.request_timeout_s,
        replication=cassandra.replication,
    )


def artifacts_factory(settings: Settings) -> ArtifactsFactory:
    """How to open the artifact store, to be sent to other processes."""
    return ArtifactsFactory(settings.artifacts_uri)


def open_log(settings: Settings) -> Log:
    """The log of these settings, for this process."""
    return log_factory(settings).open()


def open_store(settings: Settings) -> Store:
    """The store of these settings, for this process."""
    return store_factory(settings).open()


def open_artifacts(settings: Settings) -> Artifacts:
    """The artifact store of these settings, for this process."""
    return artifacts_factory(settings).open()
