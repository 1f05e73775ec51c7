"""The log's port on Kafka: facts about topics, their creation, and reading outside any group."""

import threading
from collections.abc import Iterable, Iterator, Sequence
from typing import Any

from kafka import KafkaAdminClient, KafkaConsumer
from kafka.admin import ConfigResource, ConfigResourceType
from kafka.errors import (
    OffsetOutOfRangeError,
    TopicAlreadyExistsError,
    UnknownTopicOrPartitionError,
    for_code,
)
from kafka.protocol.consumer import IsolationLevel, OffsetSpec

from shared.errors import LogGap, LogUnavailable, SchemaMismatch
from shared.log.kafka.clients import make_client
from shared.log.kafka.consumer import KafkaGroupConsumer, TopicNames, to_record
from shared.log.kafka.errors import translate, translate_errors
from shared.log.kafka.producer import KafkaLogProducer
from shared.log.kafka.settings import (
    KafkaTuning,
    admin_config,
    member_config,
    reader_config,
    topic_config,
)
from shared.log.port import Partition, RebalanceCallback, Record, TopicInfo, TopicSpec

_READ_CHUNK = 2_000
_READ_SLICE_MS = 1_000


class KafkaLog:
    """A log on Kafka. Making one opens no connection; the first question does, and each consumer
    and producer has its own.

    `prefix` stands before every topic and group on the broker and is invisible to the platform, so
    that several installations (or test runs) can share a broker. `replication` is how many copies
    `ensure_topics` asks for.
    """

    def __init__(
        self,
        bootstrap: str,
        prefix: str = "",
        client_id: str = "marquee",
        *,
        replication: int = 1,
        tuning: KafkaTuning | None = None,
    ) -> None:
        self._bootstrap = bootstrap
        self._prefix = prefix
        self._names = TopicNames(prefix)
        self._client_id = client_id
        self._replication = replication
        self._tuning = tuning or KafkaTuning()
        self._lock = threading.Lock()
        self._admin_client: Any = None

    def topic(self, topic: str) -> TopicInfo:
        found = self._describe([topic])[0]
        error = for_code(found["error_code"])
        if error is UnknownTopicOrPartitionError:
            raise SchemaMismatch(
                f"there is no topic {self._names.outer(topic)!r} at {self._bootstrap}: `marquee up` creates the topics"
            )
        if found["error_code"]:
            raise translate(error(), f"describe topic {topic!r}")
        return TopicInfo(topic, str(found["topic_id"]), len(found["partitions"]))

    def ensure_topics(self, specs: Iterable[TopicSpec]) -> list[str]:
        wanted = {spec.topic: spec for spec in specs}
        present = self._present(wanted)
        for name, partitions in present.items():
            if partitions != wanted[name].partitions:
                raise SchemaMismatch(
                    f"topic {name!r} has {partitions} partitions, {wanted[name].partitions} are wanted; the number is fixed for its life"
                )
        missing = [spec for name, spec in wanted.items() if name not in present]
        for spec in missing:
            self._create(spec)
        return [spec.topic for spec in missing]

    def start_offset(self, partition: Partition) -> int:
        return self._offset(partition, OffsetSpec.EARLIEST)

    def end_offset(self, partition: Partition) -> int:
        return self._offset(partition, OffsetSpec.LATEST)

    def read(self, partition: Partition, start: int, end: int) -> Iterator[Record]:
        """See `shared.log.port.Log.read`. Ends by position, not by count: offsets may be compacted
        away or hold control records.
        """
        start = self._readable_from(partition, start, end)
        if start >= end:
            return
        kafka_partition = self._names.to_kafka(partition)
        with translate_errors(f"read {partition.topic}/{partition.index} at {self._bootstrap}"):
            client = make_client(
                KafkaConsumer, reader_config(self._bootstrap, self._client_id, self._tuning)
            )
            try:
                client.assign([kafka_partition])
                client.seek(kafka_partition, start)
                yield from self._read_to(client, partition, end)
            except OffsetOutOfRangeError as error:
                raise LogGap(
                    f"records of {partition.topic}/{partition.index} vanished while they were read: {error}",
                    0,
                ) from error
            finally:
                client.close(autocommit=False)

    def producer(self) -> KafkaLogProducer:
        return KafkaLogProducer(self._bootstrap, self._prefix, self._client_id, self._tuning)

    def consumer(
        self,
        group: str,
        topics: Sequence[str],
        on_assigned: RebalanceCallback,
        on_revoked: RebalanceCallback,
    ) -> KafkaGroupConsumer:
        config = member_config(
            self._bootstrap, self._client_id, self._names.outer(group), self._tuning
        )
        return KafkaGroupConsumer(
            config, topics, (on_assigned, on_revoked), self._names, self._bounds, self._tuning
        )

    def close(self) -> None:
        with self._lock:
            client, self._admin_client = self._admin_client, None
        if client is not None:
            client.close()

    def _admin(self) -> Any:
        with self._lock:
            if self._admin_client is None:
                with translate_errors(f"reach a broker at {self._bootstrap}"):
                    config = admin_config(self._bootstrap, self._client_id, self._tuning)
                    self._admin_client = make_client(KafkaAdminClient, config)
            return self._admin_client

    def _describe(self, topics: Sequence[str]) -> list[dict[str, Any]]:
        admin = self._admin()
        with translate_errors(f"describe topics at {self._bootstrap}"):
            described: list[dict[str, Any]] = admin.describe_topics(
                [self._names.outer(topic) for topic in topics]
            )
            return described

    def _present(self, wanted: Iterable[str]) -> dict[str, int]:
        described = self._describe(list(wanted))
        return {
            found["name"].removeprefix(self._prefix): len(found["partitions"])
            for found in described
            if not found["error_code"]
        }

    def _create(self, spec: TopicSpec) -> None:
        options = {
            "num_partitions": spec.partitions,
            "replication_factor": self._replication,
            "configs": topic_config(spec.retention_ms, spec.compacted, self._replication),
        }
        admin = self._admin()
        with translate_errors(f"create topic {spec.topic!r}"):
            try:
                admin.create_topics(
                    {self._names.outer(spec.topic): options}, wait_for_metadata=True
                )
            except TopicAlreadyExistsError:
                admin.wait_for_topics([self._names.outer(spec.topic)])

    def _offset(self, partition: Partition, which: Any) -> int:
        kafka_partition = self._names.to_kafka(partition)
        admin = self._admin()
        with translate_errors(f"ask for the bounds of {partition.topic}/{partition.index}"):
            found = admin.list_partition_offsets(
                {kafka_partition: which}, isolation_level=IsolationLevel.READ_COMMITTED
            )
            return int(found[kafka_partition].offset)

    def _bounds(self, partition: Partition) -> tuple[int, int]:
        return self.start_offset(partition), self.end_offset(partition)

    def _readable_from(self, partition: Partition, start: int, end: int) -> int:
        """Where reading begins; raises LogGap if a record of the range is not, or not yet, in the
        log.
        """
        first, last = self._bounds(partition)
        if end > last or start > last:
            raise LogGap(
                f"{partition.topic}/{partition.index} ends at {last}, before {max(start, end)}: is it the same topic?",
                0,
            )
        if start >= first:
            return start
        if self._compacted(partition.topic):
            return first
        raise LogGap(
            f"{partition.topic}/{partition.index} begins at {first}, {first - start} records after {start}",
            first - start,
        )

    def _compacted(self, topic: str) -> bool:
        name = self._names.outer(topic)
        admin = self._admin()
        with translate_errors(f"read the settings of topic {topic!r}"):
            found = admin.describe_configs(
                [ConfigResource(ConfigResourceType.TOPIC, name, None)], config_filter="all"
            )
            return "compact" in str(found["topic"][name]["cleanup.policy"]["value"])

    def _read_to(self, client: Any, partition: Partition, end: int) -> Iterator[Record]:
        kafka_partition = self._names.to_kafka(partition)
        silent_ms = 0
        while client.position(kafka_partition) < end:
            messages = client.poll(_READ_SLICE_MS, _READ_CHUNK).get(kafka_partition, [])
            silent_ms = 0 if messages else silent_ms + _READ_SLICE_MS
            if silent_ms > self._tuning.request_timeout_s * 1000:
                raise LogUnavailable(
                    f"{partition.topic}/{partition.index} gave no record for {silent_ms} ms, short of offset {end}"
                )
            yield from (
                to_record(partition, message) for message in messages if message.offset < end
            )
