"""Pours many records into the log, with a bounded number on their way."""

from collections import deque
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import Future

from shared.errors import Backpressure, LogUnavailable
from shared.log.port import OutgoingRecord, Partition, Producer

IN_FLIGHT = 4_000
_REPORT_EVERY = 500

Progress = Callable[[int], None]
"""Called now and then with the number of records acknowledged so far."""


def nothing(_: int) -> None:
    """Progress that nobody watches."""


def pour(
    events: Iterable[tuple[str, bytes, bytes]],
    producer: Producer,
    progress: Progress = nothing,
    timeout_s: float = 60.0,
) -> int:
    """Write (topic, key, value) records and return how many, once all are acknowledged.

    Waits when `IN_FLIGHT` records are unanswered, or the producer's own buffer is full. Stops at
    the first record that fails; what was acknowledged before stands, so pour again with the same
    event ids.

    Raises:
        LogUnavailable: a record was not acknowledged in time.
        RequestRejected: the log refuses a record.
    """
    waiting: deque[Future[tuple[Partition, int]]] = deque()
    done = 0
    for done in _acknowledged(events, producer, waiting, timeout_s):
        if done % _REPORT_EVERY == 0:
            progress(done)
    producer.flush(timeout_s)
    while waiting:
        _wait(waiting.popleft(), timeout_s)
        done += 1
    progress(done)
    return done


def _acknowledged(
    events: Iterable[tuple[str, bytes, bytes]],
    producer: Producer,
    waiting: deque[Future[tuple[Partition, int]]],
    timeout_s: float,
) -> Iterator[int]:
    """How many are acknowledged, each time one more is; those still in `waiting` at the end are the
    caller's.
    """
    done = 0
    for topic, key, value in events:
        record = OutgoingRecord(topic, key, value)
        while (sent := _try(producer, record, waiting)) is None:
            _wait(waiting.popleft(), timeout_s)
            done += 1
            yield done
        waiting.append(sent)
        if len(waiting) > IN_FLIGHT:
            _wait(waiting.popleft(), timeout_s)
            done += 1
            yield done


def _try(
    producer: Producer, record: OutgoingRecord, waiting: deque[Future[tuple[Partition, int]]]
) -> "Future[tuple[Partition, int]] | None":
    """Send, or None when the producer's buffer is full and something of ours can be waited for."""
    try:
        return producer.send(record)
    except Backpressure:
        if not waiting:
            raise
        return None


def _wait(sent: "Future[tuple[Partition, int]]", timeout_s: float) -> None:
    try:
        sent.result(timeout_s)
    except TimeoutError as error:
        raise LogUnavailable(f"a record was not acknowledged within {timeout_s:.0f} s") from error
