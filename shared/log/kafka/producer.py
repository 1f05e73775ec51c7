"""The producer on Kafka: a bounded queue and one thread.

kafka-python's own `send` may block, and its buffer has no limit.
"""

import threading
import time
from concurrent.futures import Future, wait
from contextlib import suppress
from queue import SimpleQueue
from typing import Any

from kafka import KafkaProducer
from kafka.errors import KafkaError

from shared.errors import Backpressure, LogUnavailable, RequestRejected
from shared.log.kafka.clients import make_client
from shared.log.kafka.configuration import producer_config
from shared.log.kafka.errors import PRODUCER_LOST, translate
from shared.log.kafka.names import TopicNames
from shared.log.kafka.settings import KafkaTuning
from shared.log.port import OutgoingRecord, Partition

RecordPosition = tuple[Partition, int]

_OVERHEAD_BYTES = 512
"""Memory of a queued record in addition to its key and value; a guess."""
_CLOSE_WAIT_S = 5.0


class _Pending:
    """An unacknowledged record, its sender's future, and the time at which it fails."""

    __slots__ = ("deadline", "future", "record", "size")

    def __init__(self, record: OutgoingRecord, deadline: float) -> None:
        self.record = record
        self.deadline = deadline
        self.size = _OVERHEAD_BYTES + len(record.key or b"") + len(record.value or b"")
        self.future: Future[RecordPosition] = Future()
        self.future.set_running_or_notify_cancel()


class KafkaLogProducer:
    """A producer that connects in the background; no broker needs to answer when it is created.

    It replaces a client after its producer session has ended.
    """

    def __init__(
        self, bootstrap: str, names: TopicNames, client_id: str, tuning: KafkaTuning
    ) -> None:
        self._bootstrap = bootstrap
        self._names = names
        self._tuning = tuning
        self._config = producer_config(bootstrap, client_id, tuning)
        self._queue: SimpleQueue[_Pending | None] = SimpleQueue()
        self._lock = threading.Lock()
        self._unacknowledged: set[Future[RecordPosition]] = set()
        self._buffered = 0
        self._client: Any = None
        self._client_lost = threading.Event()
        self._closed = False
        self._abandon = False
        self._last_error: Exception | None = None
        self._thread = threading.Thread(target=self._run, name="kafka-producer", daemon=True)
        self._thread.start()

    def send(self, record: OutgoingRecord) -> "Future[RecordPosition]":
        """See `shared.log.port.Producer.send`."""
        pending = _Pending(record, time.monotonic() + self._tuning.delivery_timeout_s)
        with self._lock:
            if self._closed:
                raise RequestRejected("the producer is closed")
            if self._buffered + pending.size > self._tuning.buffer_bytes:
                raise Backpressure(
                    f"{self._buffered} bytes wait for an acknowledgment from {self._bootstrap}; "
                    "send more slowly"
                )
            self._buffered += pending.size
            self._unacknowledged.add(pending.future)
            # Inside the lock, so that the records of two threads are queued in the order of their
            # calls.
            self._queue.put(pending)
        return pending.future

    def flush(self, timeout_s: float) -> None:
        """See `shared.log.port.Producer.flush`."""
        with self._lock:
            unacknowledged = set(self._unacknowledged)
        late = wait(unacknowledged, timeout_s).not_done
        if late:
            raise LogUnavailable(
                f"{self._bootstrap} did not acknowledge {len(late)} records within {timeout_s} s"
            )

    def close(self) -> None:
        """Flush for up to 5 s. Records that are still unacknowledged fail with LogUnavailable
        within the delivery timeout.
        """
        with self._lock:
            if self._closed:
                return
            self._closed = True
        with suppress(LogUnavailable):
            self.flush(_CLOSE_WAIT_S)
        self._abandon = True
        self._queue.put(None)
        self._thread.join(_CLOSE_WAIT_S)

    def _run(self) -> None:
        while (pending := self._queue.get()) is not None:
            self._hand_over(pending)
        self._drop_client()

    def _hand_over(self, pending: _Pending) -> None:
        """Pass a record to the client; connect repeatedly until the record's deadline."""
        while not self._connected():
            if self._abandon or time.monotonic() >= pending.deadline:
                self._fail(
                    pending,
                    LogUnavailable(
                        f"no broker at {self._bootstrap} accepted the record in time: "
                        f"{self._last_error}"
                    ),
                )
                return
        self._send_to_client(pending)

    def _connected(self) -> bool:
        if self._client_lost.is_set():
            self._drop_client()
        if self._client is not None:
            return True
        try:
            self._client = make_client(KafkaProducer, self._config)
        except KafkaError as error:
            self._last_error = error
            return False
        return True

    def _send_to_client(self, pending: _Pending) -> None:
        record = pending.record
        try:
            sent = self._client.send(
                self._names.outer(record.topic),
                record.value,
                record.key,
                list(record.headers),
                partition=record.partition,
            )
        except KafkaError as error:
            self._detect_lost_session(error)
            self._fail(pending, translate(error, f"write to topic {record.topic!r}"))
        except (ValueError, TypeError) as error:
            self._fail(
                pending,
                RequestRejected(
                    f"Kafka cannot encode this record for topic {record.topic!r}: {error}"
                ),
            )
        else:
            sent.add_callback(self._acknowledged, pending)
            sent.add_errback(self._refused, pending)

    def _acknowledged(self, pending: _Pending, metadata: Any) -> None:
        self._settle(pending)
        pending.future.set_result(
            (Partition(pending.record.topic, metadata.partition), metadata.offset)
        )

    def _refused(self, pending: _Pending, error: Exception) -> None:
        self._detect_lost_session(error)
        self._fail(pending, translate(error, f"write to topic {pending.record.topic!r}"))

    def _detect_lost_session(self, error: Exception) -> None:
        if isinstance(error, PRODUCER_LOST):
            self._client_lost.set()

    def _fail(self, pending: _Pending, error: Exception) -> None:
        self._settle(pending)
        pending.future.set_exception(error)

    def _settle(self, pending: _Pending) -> None:
        with self._lock:
            self._buffered -= pending.size
            self._unacknowledged.discard(pending.future)

    def _drop_client(self) -> None:
        """Close the client; kafka-python ends its sender thread only after the delivery timeout."""
        client, self._client = self._client, None
        self._client_lost.clear()
        if client is not None:
            client.close(timeout=self._tuning.delivery_timeout_s + self._tuning.request_timeout_s)
