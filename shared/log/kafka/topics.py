"""Creation of topics, and comparison of existing topics with their specification."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from kafka.admin import ConfigResource, ConfigResourceType
from kafka.errors import TopicAlreadyExistsError

from shared.errors import SchemaMismatch
from shared.log.kafka.configuration import topic_config
from shared.log.kafka.errors import translate_errors
from shared.log.kafka.names import TopicNames
from shared.log.port import TopicSpec


@dataclass(frozen=True, slots=True)
class ExistingTopic:
    """A topic as the broker describes it."""

    partitions: int
    replication: int


class TopicAdmin:
    """Creates, compares and alters topics through kafka-python's admin client."""

    def __init__(self, admin: Any, bootstrap: str, names: TopicNames, replication: int) -> None:
        self._admin = admin
        self._bootstrap = bootstrap
        self._names = names
        self._replication = replication

    def describe(self, topics: Sequence[str]) -> list[dict[str, Any]]:
        """Return the broker's description of each topic, with an error code for missing ones."""
        with translate_errors(f"describe topics at {self._bootstrap}"):
            described: list[dict[str, Any]] = self._admin.describe_topics(
                [self._names.outer(topic) for topic in topics]
            )
            return described

    def existing(self, topics: Sequence[str]) -> dict[str, ExistingTopic]:
        """Return the topics that exist, by name."""
        return {
            self._names.inner(described["name"]): ExistingTopic(
                len(described["partitions"]),
                min(len(partition["replica_nodes"]) for partition in described["partitions"]),
            )
            for described in self.describe(topics)
            if not described["error_code"]
        }

    def create(self, spec: TopicSpec) -> None:
        """Create a topic and wait for its metadata; another process may create it first."""
        options = {
            "num_partitions": spec.partitions,
            "replication_factor": self._replication,
            "configs": self._expected_config(spec),
        }
        name = self._names.outer(spec.topic)
        with translate_errors(f"create topic {spec.topic!r} at {self._bootstrap}"):
            try:
                self._admin.create_topics({name: options}, wait_for_metadata=True)
            except TopicAlreadyExistsError:
                self._admin.wait_for_topics([name])

    def config(self, topic: str) -> Mapping[str, str]:
        """Return all settings of a topic, defaults included."""
        name = self._names.outer(topic)
        with translate_errors(f"read the settings of topic {topic!r} at {self._bootstrap}"):
            described = self._admin.describe_configs(
                [ConfigResource(ConfigResourceType.TOPIC, name, None)], config_filter="all"
            )
            return {key: str(entry["value"]) for key, entry in described["topic"][name].items()}

    def require_shape(self, spec: TopicSpec, topic: ExistingTopic) -> None:
        """Refuse a topic with another partition count or replication factor than expected.

        Raises:
            SchemaMismatch: with the values and the way to repair them.
        """
        name = self._names.outer(spec.topic)
        if topic.partitions != spec.partitions:
            raise SchemaMismatch(
                f"topic {name!r} has {topic.partitions} partitions, expected {spec.partitions}; "
                "the count is fixed for the life of a topic, so set kafka.partitions "
                "(MARQUEE_KAFKA__PARTITIONS) to the count that signals and exposures have"
            )
        if topic.replication != self._replication:
            raise SchemaMismatch(
                f"topic {name!r} has {topic.replication} replicas per partition, "
                f"expected {self._replication}; add replicas with kafka-reassign-partitions.sh "
                f"--bootstrap-server {self._bootstrap}, or set kafka.replication "
                f"(MARQUEE_KAFKA__REPLICATION) to {topic.replication}"
            )

    def require_config(self, spec: TopicSpec, *, alter: bool) -> None:
        """Compare a topic's settings with the expected ones; `alter` changes those that differ.

        Raises:
            SchemaMismatch: settings differ and `alter` is false; the message holds the command
                that repairs them.
        """
        actual = self.config(spec.topic)
        differing = {
            key: value
            for key, value in self._expected_config(spec).items()
            if actual.get(key) != value
        }
        if differing and alter:
            self._alter(spec.topic, differing)
        elif differing:
            raise SchemaMismatch(self._difference(spec.topic, actual, differing))

    def _expected_config(self, spec: TopicSpec) -> dict[str, str]:
        return topic_config(spec.retention_ms, spec.compacted, self._replication)

    def _alter(self, topic: str, config: Mapping[str, str]) -> None:
        resource = ConfigResource(ConfigResourceType.TOPIC, self._names.outer(topic), dict(config))
        with translate_errors(f"alter topic {topic!r} at {self._bootstrap}"):
            self._admin.alter_configs([resource])

    def _difference(
        self, topic: str, actual: Mapping[str, str], expected: Mapping[str, str]
    ) -> str:
        name = self._names.outer(topic)
        values = "; ".join(
            f"{key} is {actual.get(key)}, expected {value}" for key, value in expected.items()
        )
        assignments = ",".join(f"{key}={value}" for key, value in expected.items())
        return (
            f"topic {name!r} has other settings than this version expects ({values}): run "
            f"`marquee up --alter-topics`, or `kafka-configs.sh --bootstrap-server "
            f"{self._bootstrap} --alter --entity-type topics --entity-name {name} "
            f"--add-config {assignments}`"
        )


def ensure_topics(admin: TopicAdmin, specs: Iterable[TopicSpec], *, alter: bool) -> list[str]:
    """Create the missing topics and return their names; check or alter the others.

    Raises:
        SchemaMismatch: an existing topic differs; see `shared.log.port.Log.ensure_topics`.
    """
    expected = {spec.topic: spec for spec in specs}
    existing = admin.existing(list(expected))
    for name, topic in existing.items():
        admin.require_shape(expected[name], topic)
        admin.require_config(expected[name], alter=alter)
    missing = [spec for name, spec in expected.items() if name not in existing]
    for spec in missing:
        admin.create(spec)
    return [spec.topic for spec in missing]
