"""From settings to adapters: the only module that chooses a log, a store and an artifact store."""

from dataclasses import dataclass

from infra.settings.sections import Settings
from shared.artifacts.port import Artifacts
from shared.log.kafka.settings import KafkaTuning
from shared.log.port import Log
from shared.store.cassandra.settings import Address, CassandraTuning
from shared.store.port import Store


@dataclass(frozen=True, slots=True)
class LogFactory:
    """Opens the log in the process that unpickles it: a Spark task, a Ray replica, or this one."""

    servers: str
    prefix: str
    replication: int
    tuning: KafkaTuning

    def open(self) -> Log:
        """Open a new connection; the caller closes it."""
        from shared.log.kafka.adapter import KafkaLog

        return KafkaLog(self.servers, self.prefix, replication=self.replication, tuning=self.tuning)


@dataclass(frozen=True, slots=True)
class StoreFactory:
    """Opens the store in the process that unpickles it."""

    address: Address
    keyspace: str
    replication: int
    tuning: CassandraTuning

    def open(self) -> Store:
        """Open a new connection; the caller closes it."""
        from shared.store.cassandra.adapter import CassandraStore

        return CassandraStore(
            self.address, self.keyspace, replication=self.replication, tuning=self.tuning
        )


@dataclass(frozen=True, slots=True)
class ArtifactsFactory:
    """Opens the artifact store in the process that unpickles it."""

    uri: str

    def open(self) -> Artifacts:
        """Open the store of artifacts; there is nothing to close."""
        from shared.artifacts.directory import DirectoryArtifacts

        return DirectoryArtifacts(self.uri)


def log_factory(settings: Settings) -> LogFactory:
    """Return a picklable factory of log connections."""
    kafka = settings.kafka
    return LogFactory(kafka.servers, kafka.topic_prefix, kafka.replication, kafka.client)


def store_factory(settings: Settings) -> StoreFactory:
    """Return a picklable factory of store connections."""
    cassandra = settings.cassandra
    return StoreFactory(
        cassandra.address, cassandra.keyspace, cassandra.replication, cassandra.client
    )


def artifacts_factory(settings: Settings) -> ArtifactsFactory:
    """Return a picklable factory of the artifact store."""
    return ArtifactsFactory(settings.artifacts_uri)


def open_log(settings: Settings) -> Log:
    """Open the log in this process; the caller closes it."""
    return log_factory(settings).open()


def open_store(settings: Settings) -> Store:
    """Open the store in this process; the caller closes it."""
    return store_factory(settings).open()


def open_artifacts(settings: Settings) -> Artifacts:
    """Open the artifact store in this process; there is nothing to close."""
    return artifacts_factory(settings).open()
