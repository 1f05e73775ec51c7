"""The producer on Kafka: a bounded queue and one thread, because kafka-python's own `send` blocks
and its buffer has no bound.
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
from shared.log.kafka.settings import KafkaTuning
from shared.log.port import OutgoingRecord, Partition

Place = tuple[Partition, int]

_OVERHEAD = 512
_CLOSE_WAIT_S = 5.0


class _Pending:
    """A record on its way, with the future that its sender holds and the moment after which it is
    given up.
    """

    __slots__ = ("deadline", "future", "record", "size")

    def __init__(self, record: OutgoingRecord, deadline: float) -> None:
        self.record = record
        self.deadline = deadline
        self.size = _OVERHEAD + len(record.key or b"") + len(record.value or b"")
        self.future: Future[Place] = Future()
        self.future.set_running_or_notify_cancel()


class KafkaLogProducer:
    """Connects in the background, so that it can be made while no broker answers; rebuilds a client
    that has lost its session.
    """

    def __init__(self, bootstrap: str, prefix: str, client_id: str, tuning: KafkaTuning) -> None:
        self._bootstrap = bootstrap
        self._prefix = prefix
        self._tuning = tuning
        self._config = producer_config(bootstrap, client_id, tuning)
        self._queue: SimpleQueue[_Pending | None] = SimpleQueue()
        self._lock = threading.Lock()
        self._unanswered: set[Future[Place]] = set()
        self._buffered = 0
        self._client: Any = None
        self._client_lost = threading.Event()
        self._closed = False
        self._giving_up = False
        self._last_error: Exception | None = None
        self._thread = threading.Thread(target=self._run, name="kafka-producer", daemon=True)
        self._thread.start()

    def send(self, record: OutgoingRecord) -> "Future[Place]":
        """Queue a record; see `shared.log.port.Producer.send`."""
        pending = _Pending(record, time.monotonic() + self._tuning.delivery_timeout_s)
        with self._lock:
            if self._closed:
                raise RequestRejected("the producer is closed")
            if self._buffered + pending.size > self._tuning.buffer_bytes:
                raise Backpressure(
                    f"{self._buffered} bytes are waiting for {self._bootstrap} to acknowledge them"
                )
            self._buffered += pending.size
            self._unanswered.add(pending.future)
            # Inside the lock: two threads' records must enter the queue in the order of their
            # calls.
            self._queue.put(pending)
        return pending.future

    def flush(self, timeout_s: float) -> None:
        """Wait for every record queued so far; a failed one counts as answered."""
        with self._lock:
            unanswered = set(self._unanswered)
        late = wait(unanswered, timeout_s).not_done
        if late:
            raise LogUnavailable(
                f"{len(late)} records are unacknowledged by {self._bootstrap} after {timeout_s} s"
            )

    def close(self) -> None:
        """Flush for a short while; what is then still unanswered fails with LogUnavailable, at the
        latest after the delivery timeout.
        """
        with self._lock:
            if self._closed:
                return
            self._closed = True
        with suppress(LogUnavailable):
            self.flush(_CLOSE_WAIT_S)
        self._giving_up = True
        self._queue.put(None)
        self._thread.join(_CLOSE_WAIT_S)

    def _run(self) -> None:
        while (pending := self._queue.get()) is not None:
            self._hand_over(pending)
        self._drop_client()

    def _hand_over(self, pending: _Pending) -> None:
        """Give a record to the client, connecting as often as the record's time allows."""
        while not self._connected():
            if self._giving_up or time.monotonic() >= pending.deadline:
                self._fail(
                    pending,
                    LogUnavailable(
                        f"no broker at {self._bootstrap} took the record in time: {self._last_error}"
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
                self._prefix + record.topic,
                record.value,
                record.key,
                list(record.headers),
                partition=record.partition,
            )
        except KafkaError as error:
            self._note(error)
            self._fail(pending, translate(error, f"write to topic {record.topic!r}"))
        except (ValueError, TypeError) as error:
            self._fail(
                pending,
                RequestRejected(
                    f"Kafka cannot take this record for topic {record.topic!r}: {error}"
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
        self._note(error)
        self._fail(pending, translate(error, f"write to topic {pending.record.topic!r}"))

    def _note(self, error: Exception) -> None:
        if isinstance(error, PRODUCER_LOST):
            self._client_lost.set()

    def _fail(self, pending: _Pending, error: Exception) -> None:
        self._settle(pending)
        pending.future.set_exception(error)

    def _settle(self, pending: _Pending) -> None:
        with self._lock:
            self._buffered -= pending.size
            self._unanswered.discard(pending.future)

    def _drop_client(self) -> None:
        """Close the client; waiting out the delivery timeout is the only way in which kafka-python
        ends its sender thread cleanly.
        """
        client, self._client = self._client, None
        self._client_lost.clear()
        if client is not None:
            client.close(timeout=self._tuning.delivery_timeout_s + self._tuning.request_timeout_s)
