"""A group member on Kafka: positions move with `poll`, commits are synchronous, and nothing is ever
skipped by itself.
"""

import threading
import time
from collections import deque
from collections.abc import Callable, Mapping, Sequence
from typing import Any

from kafka import ConsumerRebalanceListener, KafkaConsumer, OffsetAndMetadata, TopicPartition
from kafka.errors import (
    KafkaError,
    LogTruncationError,
    NoOffsetForPartitionError,
    OffsetOutOfRangeError,
)

from shared.errors import Fenced, LogGap
from shared.log.kafka.clients import make_client
from shared.log.kafka.errors import translate, translate_errors
from shared.log.kafka.settings import KafkaTuning
from shared.log.port import Partition, RebalanceCallback, Record

Bounds = Callable[[Partition], tuple[int, int]]

# kafka-python forgets a join that completes while no poll runs, and asks the group to divide anew.
# So a member that owns nothing polls for at least _JOIN_S, in slices short enough that what it is
# given is soon told.
_JOIN_S = 1.0
_JOIN_SLICE_S = 0.2


class TopicNames:
    """The one place where the platform's names become the broker's: a prefix keeps installations on
    one broker apart.
    """

    def __init__(self, prefix: str) -> None:
        self._prefix = prefix

    def outer(self, name: str) -> str:
        """The broker's name of a topic or group."""
        return self._prefix + name

    def to_kafka(self, partition: Partition) -> TopicPartition:
        return TopicPartition(self._prefix + partition.topic, partition.index)

    def from_kafka(self, partition: TopicPartition) -> Partition:
        return Partition(partition.topic.removeprefix(self._prefix), partition.partition)


def to_record(partition: Partition, message: Any) -> Record:
    """A client's message as the platform's record."""
    return Record(
        partition,
        message.offset,
        message.key,
        message.value,
        message.timestamp,
        tuple(message.headers),
    )


class _Changes(ConsumerRebalanceListener):  # type: ignore[misc]
    """Notes what the group decides, for `poll` to pass on.

    The client calls a listener on its network thread, where any further call to the client would
    wait for itself for ever. So the listener only pauses what is new, and the owner's callbacks run
    on the owner's thread, inside `poll`.
    """

    def __init__(self, client: Any) -> None:
        self._client = client
        self._lock = threading.Lock()
        self._events: deque[tuple[bool, frozenset[TopicPartition]]] = deque()

    def on_partitions_assigned(self, assigned: set[TopicPartition]) -> None:
        self._client.pause(*assigned)
        self._note(True, assigned)

    def on_partitions_revoked(self, revoked: set[TopicPartition]) -> None:
        self._note(False, revoked)

    def _note(self, assigned: bool, partitions: set[TopicPartition]) -> None:
        if partitions:
            with self._lock:
                self._events.append((assigned, frozenset(partitions)))

    def take(self) -> list[tuple[bool, frozenset[TopicPartition]]]:
        """The events since the last call, oldest first; True marks an assignment."""
        with self._lock:
            events = list(self._events)
            self._events.clear()
        return events


class KafkaGroupConsumer:
    """See `shared.log.port.Consumer`. After Fenced, the next `poll` joins the group again and tells
    what this member now owns.

    A member that owns nothing may take a second longer to poll than it was told to.
    """

    def __init__(
        self,
        config: Mapping[str, Any],
        topics: Sequence[str],
        callbacks: tuple[RebalanceCallback, RebalanceCallback],
        names: TopicNames,
        bounds: Bounds,
        tuning: KafkaTuning,
    ) -> None:
        self._names = names
        self._bounds = bounds
        self._tuning = tuning
        self._on_assigned, self._on_revoked = callbacks
        self._owned: frozenset[Partition] = frozenset()
        self._heard_s = time.monotonic()
        with translate_errors(f"reach a broker at {','.join(config['bootstrap_servers'])}"):
            self._client = make_client(KafkaConsumer, config)
        self._changes = _Changes(self._client)
        self._client.subscribe([names.outer(topic) for topic in topics], listener=self._changes)
        self._learn_topics()

    def poll(self, timeout_s: float, max_records: int) -> Mapping[Partition, Sequence[Record]]:
        deadline = time.monotonic() + (timeout_s if self._owned else max(timeout_s, _JOIN_S))
        while True:
            left = max(0.0, deadline - time.monotonic())
            batch = self._poll_once(left if self._owned else min(left, _JOIN_SLICE_S), max_records)
            if batch:
                self._heard_s = time.monotonic()
                return batch
            if time.monotonic() >= deadline:
                self._probe_when_silent()
                return {}

    def _poll_once(
        self, timeout_s: float, max_records: int
    ) -> Mapping[Partition, Sequence[Record]]:
        try:
            polled = self._client.poll(int(timeout_s * 1000), max_records)
        except (OffsetOutOfRangeError, NoOffsetForPartitionError, LogTruncationError) as error:
            if self._tell_changes():
                return {}
            raise self._gap(error) from error
        except KafkaError as error:
            raise translate(error, "poll") from error
        self._tell_changes()
        batch = {}
        for kafka_partition, messages in polled.items():
            partition = self._names.from_kafka(kafka_partition)
            if partition in self._owned:
                batch[partition] = [to_record(partition, message) for message in messages]
        return batch

    def _tell_changes(self) -> bool:
        """Run the owner's callbacks for what has changed; true if anything had."""
        events = self._changes.take()
        for assigned, kafka_partitions in events:
            partitions = frozenset(
                self._names.from_kafka(partition) for partition in kafka_partitions
            )
            if assigned:
                self._owned |= partitions
                self._on_assigned(partitions)
                self._client.resume(*(kafka_partitions & self._client.assignment()))
            else:
                self._owned -= partitions
                self._on_revoked(partitions)
        return bool(events)

    def _gap(self, error: KafkaError) -> LogGap:
        """Say how much is missing, partition by partition."""
        if isinstance(error, NoOffsetForPartitionError):
            names = ", ".join(
                f"{p.topic}/{p.index}" for p in map(self._names.from_kafka, sorted(error.args[0]))
            )
            return LogGap(f"no committed position for {names}, and none was sought", 0)
        if isinstance(error, LogTruncationError):
            return LogGap(f"the log was cut back below the working position: {error}", 0)
        lost, sentences = 0, []
        for kafka_partition, position in error.args[0].items():
            partition = self._names.from_kafka(kafka_partition)
            start, end = self._bounds(partition)
            lost += max(0, start - position)
            sentences.append(
                f"{partition.topic}/{partition.index} holds {start} to {end}, the position is {position}"
            )
        return LogGap("; ".join(sentences), lost)

    def _learn_topics(self) -> None:
        """Fetch the topics' metadata before the first join.

        Metadata that comes after it makes the client join again; should that second join outlast a
        poll, the client takes itself for joined, forgets the answer, and owns nothing for ever
        (kafka-python 3.0.12).
        """
        try:
            with translate_errors("learn about the topics of a group"):
                self._client.bootstrap(
                    timeout_ms=int(self._tuning.connect_timeout_s * 1000), refresh=True
                )
        except BaseException:
            self._client.close(autocommit=False, timeout_ms=0)
            raise

    def _probe_when_silent(self) -> None:
        """Raise LogUnavailable if no broker answers; asked at most every few seconds."""
        if time.monotonic() - self._heard_s < self._tuning.idle_probe_s:
            return
        owned = list(self._client.assignment())[:1]
        with translate_errors("reach the broker of an idle partition"):
            if owned:
                self._client.end_offsets(
                    owned, timeout_ms=int(self._tuning.connect_timeout_s * 1000)
                )
            else:
                self._client.bootstrap(
                    timeout_ms=int(self._tuning.connect_timeout_s * 1000), refresh=True
                )
        self._heard_s = time.monotonic()

    def assignment(self) -> frozenset[Partition]:
        return self._owned

    def seek(self, partition: Partition, next_offset: int) -> None:
        self._require_owned([partition], "seek in")
        self._client.seek(self._names.to_kafka(partition), next_offset)

    def committed(self, partition: Partition) -> int | None:
        with translate_errors(
            f"read the committed position of {partition.topic}/{partition.index}"
        ):
            committed: int | None = self._client.committed(
                self._names.to_kafka(partition), timeout_ms=self._request_ms()
            )
            return committed

    def commit(self, next_offsets: Mapping[Partition, int]) -> None:
        self._require_owned(next_offsets, "commit")
        offsets = {
            self._names.to_kafka(partition): OffsetAndMetadata(offset, "", -1)
            for partition, offset in next_offsets.items()
        }
        with translate_errors("commit"):
            self._client.commit(offsets, timeout_ms=self._request_ms())

    def close(self) -> None:
        self._owned = frozenset()
        with translate_errors("leave the group"):
            self._client.close(autocommit=False, timeout_ms=self._request_ms())

    def _require_owned(
        self, partitions: Sequence[Partition] | Mapping[Partition, int], doing: str
    ) -> None:
        """The broker takes a current member's commit for any partition; only the assignment knows
        whose it is.
        """
        foreign = [partition for partition in partitions if partition not in self._owned]
        if foreign:
            raise Fenced(f"cannot {doing} {foreign}: the group has given them to another member")

    def _request_ms(self) -> int:
        return int(self._tuning.request_timeout_s * 1000)
