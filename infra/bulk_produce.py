"""Write many records to the log with a bounded number of unacknowledged ones."""

from collections import deque
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import Future
from typing import Final

from shared.errors import Backpressure, LogUnavailable
from shared.log.port import OutgoingRecord, Partition, Producer

MAX_IN_FLIGHT: Final = 4_000
"""A guess: large enough to fill the producer's batches, small enough for its buffer."""
_REPORT_EVERY: Final = 500

ReportProgress = Callable[[int], None]
"""Called repeatedly with the number of records acknowledged so far."""
Acknowledgement = Future[tuple[Partition, int]]


def ignore_progress(_: int) -> None:
    """Report no progress."""


def bulk_produce(
    events: Iterable[tuple[str, bytes, bytes]],
    producer: Producer,
    report_progress: ReportProgress = ignore_progress,
    timeout_s: float = 60.0,
) -> int:
    """Write (topic, key, value) records and return their number once all are acknowledged.

    Waits while `MAX_IN_FLIGHT` records are unacknowledged or the producer's buffer is full. Stops
    at the first record that fails. Records that are already acknowledged stay in the log, so a
    retry must use the same event ids.

    Raises:
        LogUnavailable: a record was not acknowledged in time.
        RequestRejected: the log refuses a record.
    """
    in_flight: deque[Acknowledgement] = deque()
    acknowledged = 0
    for acknowledged in _produce(events, producer, in_flight, timeout_s):
        if acknowledged % _REPORT_EVERY == 0:
            report_progress(acknowledged)
    producer.flush(timeout_s)
    while in_flight:
        _wait(in_flight.popleft(), timeout_s)
        acknowledged += 1
    report_progress(acknowledged)
    return acknowledged


def _produce(
    events: Iterable[tuple[str, bytes, bytes]],
    producer: Producer,
    in_flight: deque[Acknowledgement],
    timeout_s: float,
) -> Iterator[int]:
    """Send every record; yield the number acknowledged each time it grows.

    The records still in `in_flight` at the end are sent but not acknowledged.
    """
    acknowledged = 0
    for topic, key, value in events:
        record = OutgoingRecord(topic, key, value)
        while (sent := _try_to_send(producer, record, in_flight)) is None:
            _wait(in_flight.popleft(), timeout_s)
            acknowledged += 1
            yield acknowledged
        in_flight.append(sent)
        if len(in_flight) > MAX_IN_FLIGHT:
            _wait(in_flight.popleft(), timeout_s)
            acknowledged += 1
            yield acknowledged


def _try_to_send(
    producer: Producer, record: OutgoingRecord, in_flight: deque[Acknowledgement]
) -> Acknowledgement | None:
    """Send a record; None when the producer's buffer is full and a record in flight can finish.

    Raises:
        Backpressure: the buffer is full although no record of this call is in flight.
    """
    try:
        return producer.send(record)
    except Backpressure:
        if not in_flight:
            raise
        return None


def _wait(sent: Acknowledgement, timeout_s: float) -> None:
    try:
        sent.result(timeout_s)
    except TimeoutError as error:
        message = f"a record was not acknowledged within {timeout_s:.0f} s"
        raise LogUnavailable(message) from error
