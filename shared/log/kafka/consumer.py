"""A group member on Kafka.

Positions move with `poll`, commits are synchronous, and the client never resets a position.
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
from shared.log.kafka.names import TopicNames
from shared.log.kafka.settings import KafkaTuning
from shared.log.port import Partition, RebalanceCallback, Record

Bounds = Callable[[Partition], tuple[int, int]]
"""Returns the start and end offset of a partition."""

# kafka-python drops a join that completes while no poll runs, and starts another rebalance. So a
# member without partitions polls for at least _JOIN_S, in slices that are short enough to report an
# assignment soon.
_JOIN_S = 1.0
_JOIN_SLICE_S = 0.2


def to_record(partition: Partition, message: Any) -> Record:
    """Convert a client's message to a record."""
    return Record(
        partition,
        message.offset,
        message.key,
        message.value,
        message.timestamp,
        tuple(message.headers),
    )


class _RebalanceEvents(ConsumerRebalanceListener):  # type: ignore[misc]
    """Queues assignments and revocations for `poll`.

    The client calls a listener on its network thread, where a further call to the client would
    deadlock. So the listener only pauses new partitions, and the owner's callbacks run on the
    owner's thread inside `poll`.
    """

    def __init__(self, client: Any) -> None:
        self._client = client
        self._lock = threading.Lock()
        self._events: deque[tuple[bool, frozenset[TopicPartition]]] = deque()

    def on_partitions_assigned(self, assigned: set[TopicPartition]) -> None:
        self._client.pause(*assigned)
        self._append(True, assigned)

    def on_partitions_revoked(self, revoked: set[TopicPartition]) -> None:
        self._append(False, revoked)

    def _append(self, assigned: bool, partitions: set[TopicPartition]) -> None:
        if partitions:
            with self._lock:
                self._events.append((assigned, frozenset(partitions)))

    def drain(self) -> list[tuple[bool, frozenset[TopicPartition]]]:
        """Return and remove the queued events, oldest first; True marks an assignment."""
        with self._lock:
            events = list(self._events)
            self._events.clear()
        return events


class KafkaGroupConsumer:
    """See `shared.log.port.Consumer`. After Fenced, the next `poll` joins the group again and calls
    `on_assigned`.

    A poll of a member without partitions may take a second longer than its timeout.
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
        self._last_response_s = time.monotonic()
        with translate_errors(f"reach a broker at {','.join(config['bootstrap_servers'])}"):
            self._client = make_client(KafkaConsumer, config)
        self._rebalances = _RebalanceEvents(self._client)
        self._client.subscribe([names.outer(topic) for topic in topics], listener=self._rebalances)
        self._fetch_metadata()

    def poll(self, timeout_s: float, max_records: int) -> Mapping[Partition, Sequence[Record]]:
        deadline = time.monotonic() + (timeout_s if self._owned else max(timeout_s, _JOIN_S))
        while True:
            remaining_s = max(0.0, deadline - time.monotonic())
            slice_s = remaining_s if self._owned else min(remaining_s, _JOIN_SLICE_S)
            batch = self._poll_once(slice_s, max_records)
            if batch:
                self._last_response_s = time.monotonic()
                return batch
            if time.monotonic() >= deadline:
                self._probe_when_idle()
                return {}

    def _poll_once(
        self, timeout_s: float, max_records: int
    ) -> Mapping[Partition, Sequence[Record]]:
        try:
            polled = self._client.poll(int(timeout_s * 1000), max_records)
        except (OffsetOutOfRangeError, NoOffsetForPartitionError, LogTruncationError) as error:
            if self._run_callbacks():
                return {}
            raise self._gap(error) from error
        except KafkaError as error:
            raise translate(error, "poll") from error
        self._run_callbacks()
        batch = {}
        for kafka_partition, messages in polled.items():
            partition = self._names.from_kafka(kafka_partition)
            if partition in self._owned:
                batch[partition] = [to_record(partition, message) for message in messages]
        return batch

    def _run_callbacks(self) -> bool:
        """Call the owner's callbacks for queued events; True if there were any."""
        events = self._rebalances.drain()
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
        """Return an error that counts the missing records of each partition."""
        if isinstance(error, NoOffsetForPartitionError):
            names = ", ".join(
                f"{p.topic}/{p.index}" for p in map(self._names.from_kafka, sorted(error.args[0]))
            )
            return LogGap(f"no committed offset for {names}, and `seek` was not called", 0)
        if isinstance(error, LogTruncationError):
            return LogGap(f"the log was truncated below the position: {error}", 0)
        lost, ranges = 0, []
        for kafka_partition, position in error.args[0].items():
            partition = self._names.from_kafka(kafka_partition)
            start, end = self._bounds(partition)
            lost += max(0, start - position)
            ranges.append(
                f"{partition.topic}/{partition.index} holds offsets {start} to {end}, "
                f"the position is {position}"
            )
        return LogGap("; ".join(ranges), lost)

    def _fetch_metadata(self) -> None:
        """Fetch the topics' metadata before the first join.

        Metadata that arrives later makes the client join again. If that second join outlasts a
        poll, kafka-python 3.0.12 drops its result and never owns a partition.
        """
        try:
            with translate_errors("fetch the topics of a group"):
                self._client.bootstrap(
                    timeout_ms=int(self._tuning.connect_timeout_s * 1000), refresh=True
                )
        except BaseException:
            self._client.close(autocommit=False, timeout_ms=0)
            raise

    def _probe_when_idle(self) -> None:
        """Raise LogUnavailable if no broker answers; checks every `idle_probe_s` at most."""
        if time.monotonic() - self._last_response_s < self._tuning.idle_probe_s:
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
        self._last_response_s = time.monotonic()

    def assignment(self) -> frozenset[Partition]:
        return self._owned

    def seek(self, partition: Partition, next_offset: int) -> None:
        self._require_owned([partition], "seek in")
        self._client.seek(self._names.to_kafka(partition), next_offset)

    def committed(self, partition: Partition) -> int | None:
        with translate_errors(f"read the committed offset of {partition.topic}/{partition.index}"):
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
        """Raise Fenced unless this member owns the partitions.

        The broker accepts a current member's commit for any partition, so the check is ours.
        """
        foreign = [partition for partition in partitions if partition not in self._owned]
        if foreign:
            raise Fenced(f"cannot {doing} {foreign}: the group assigned them to another member")

    def _request_ms(self) -> int:
        return int(self._tuning.request_timeout_s * 1000)
