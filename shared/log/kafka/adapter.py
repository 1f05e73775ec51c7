"""The log's port on Kafka: topics, offsets, and reading outside any group."""

import threading
from collections.abc import Iterable, Iterator, Sequence
from typing import Any

from kafka import KafkaAdminClient, KafkaConsumer
from kafka.errors import OffsetOutOfRangeError, UnknownTopicOrPartitionError, for_code
from kafka.protocol.consumer import IsolationLevel, OffsetSpec

from shared.errors import LogGap, LogUnavailable, SchemaMismatch
from shared.log.kafka.clients import make_client
from shared.log.kafka.configuration import admin_config, member_config, reader_config
from shared.log.kafka.consumer import KafkaGroupConsumer, to_record
from shared.log.kafka.errors import translate, translate_errors
from shared.log.kafka.names import TopicNames
from shared.log.kafka.producer import KafkaLogProducer
from shared.log.kafka.settings import KafkaTuning
from shared.log.kafka.topics import TopicAdmin, ensure_topics
from shared.log.port import Partition, RebalanceCallback, Record, TopicInfo, TopicSpec

_READ_RECORDS = 2_000
_READ_POLL_MS = 1_000


class KafkaLog:
    """A log on Kafka. The first call opens the connection; each consumer and producer has its own.

    `prefix` is put before every topic and group name on the broker, so that several installations
    (or test runs) can share a cluster. Callers never see it. `replication` is the replication
    factor of the topics that `ensure_topics` creates.
    """

    def __init__(
        self,
        bootstrap: str,
        prefix: str = "",
        client_id: str = "marquee",
        *,
        replication: int,
        tuning: KafkaTuning | None = None,
    ) -> None:
        self._bootstrap = bootstrap
        self._names = TopicNames(prefix)
        self._client_id = client_id
        self._replication = replication
        self._tuning = tuning or KafkaTuning()
        self._lock = threading.Lock()
        self._admin_client: Any = None

    def topic(self, topic: str) -> TopicInfo:
        description = self._topic_admin().describe([topic])[0]
        error = for_code(description["error_code"])
        if error is UnknownTopicOrPartitionError:
            raise SchemaMismatch(
                f"there is no topic {self._names.outer(topic)!r} at {self._bootstrap}: "
                "run `marquee up`, which creates the topics"
            )
        if description["error_code"]:
            raise translate(error(), f"describe topic {topic!r} at {self._bootstrap}")
        return TopicInfo(topic, str(description["topic_id"]), len(description["partitions"]))

    def ensure_topics(self, specs: Iterable[TopicSpec], *, alter: bool = False) -> list[str]:
        return ensure_topics(self._topic_admin(), specs, alter=alter)

    def start_offset(self, partition: Partition) -> int:
        return self._offset(partition, OffsetSpec.EARLIEST)

    def end_offset(self, partition: Partition) -> int:
        return self._offset(partition, OffsetSpec.LATEST)

    def read(self, partition: Partition, start: int, end: int) -> Iterator[Record]:
        """See `shared.log.port.Log.read`.

        Reading ends at a position, not after a count, because compaction removes offsets and
        transactions add control records.
        """
        start = self._first_readable(partition, start, end)
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
                    f"records of {partition.topic}/{partition.index} were deleted "
                    f"while they were read: {error}",
                    0,
                ) from error
            finally:
                client.close(autocommit=False)

    def producer(self) -> KafkaLogProducer:
        return KafkaLogProducer(self._bootstrap, self._names, self._client_id, self._tuning)

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

    def _topic_admin(self) -> TopicAdmin:
        return TopicAdmin(self._admin(), self._bootstrap, self._names, self._replication)

    def _offset(self, partition: Partition, which: Any) -> int:
        kafka_partition = self._names.to_kafka(partition)
        admin = self._admin()
        with translate_errors(
            f"read the offsets of {partition.topic}/{partition.index} at {self._bootstrap}"
        ):
            offsets = admin.list_partition_offsets(
                {kafka_partition: which}, isolation_level=IsolationLevel.READ_COMMITTED
            )
            return int(offsets[kafka_partition].offset)

    def _bounds(self, partition: Partition) -> tuple[int, int]:
        return self.start_offset(partition), self.end_offset(partition)

    def _first_readable(self, partition: Partition, start: int, end: int) -> int:
        """Return the offset at which reading begins.

        Raises:
            LogGap: a record of the range was deleted, or is not written yet.
        """
        first, last = self._bounds(partition)
        if end > last or start > last:
            raise LogGap(
                f"{partition.topic}/{partition.index} ends at {last}, before {max(start, end)}; "
                "the topic may have been created again",
                0,
            )
        if start >= first:
            return start
        if "compact" in self._topic_admin().config(partition.topic)["cleanup.policy"]:
            return first
        raise LogGap(
            f"{partition.topic}/{partition.index} starts at {first}, "
            f"{first - start} records after {start}",
            first - start,
        )

    def _read_to(self, client: Any, partition: Partition, end: int) -> Iterator[Record]:
        kafka_partition = self._names.to_kafka(partition)
        silent_ms = 0
        while client.position(kafka_partition) < end:
            messages = client.poll(_READ_POLL_MS, _READ_RECORDS).get(kafka_partition, [])
            silent_ms = 0 if messages else silent_ms + _READ_POLL_MS
            if silent_ms > self._tuning.request_timeout_s * 1000:
                raise LogUnavailable(
                    f"{partition.topic}/{partition.index} at {self._bootstrap} returned no record "
                    f"for {silent_ms} ms, before offset {end}"
                )
            yield from (
                to_record(partition, message) for message in messages if message.offset < end
            )
