"""Bulk writes to a log with a full buffer, without acknowledgements, or with rejections."""

from concurrent.futures import Future

import pytest

from infra import bulk_produce as bulk_produce_module
from infra.bulk_produce import bulk_produce
from shared.errors import Backpressure, LogUnavailable, RequestRejected
from shared.log.port import OutgoingRecord, Partition


class BufferedProducer:
    """A producer with a small buffer; a send to the full buffer or a flush empties it."""

    def __init__(self, size: int, error: Exception | None = None) -> None:
        self.size = size
        self.error = error
        self.sent: list[OutgoingRecord] = []
        self._in_flight: list[Future[tuple[Partition, int]]] = []

    def send(self, record: OutgoingRecord) -> "Future[tuple[Partition, int]]":
        if len(self._in_flight) >= self.size:
            self._acknowledge_all()
            raise Backpressure("full")
        self.sent.append(record)
        future: Future[tuple[Partition, int]] = Future()
        self._in_flight.append(future)
        return future

    def flush(self, timeout_s: float) -> None:
        self._acknowledge_all()

    def close(self) -> None:
        self._acknowledge_all()

    def _acknowledge_all(self) -> None:
        for future in self._in_flight:
            if self.error is None:
                future.set_result((Partition("signals", 0), 0))
            else:
                future.set_exception(self.error)
        self._in_flight.clear()


def _events(count: int) -> list[tuple[str, bytes, bytes]]:
    return [("signals", b"p", str(number).encode()) for number in range(count)]


def test_a_full_buffer_loses_no_record() -> None:
    producer = BufferedProducer(size=7)
    assert bulk_produce(_events(100), producer) == 100
    assert [record.value for record in producer.sent] == [value for _, _, value in _events(100)]


def test_a_rejected_record_stops_the_write() -> None:
    with pytest.raises(RequestRejected):
        bulk_produce(_events(20), BufferedProducer(size=5, error=RequestRejected("too large")))


def test_a_missing_acknowledgement_raises_log_unavailable(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(bulk_produce_module, "MAX_IN_FLIGHT", 3)
    with pytest.raises(LogUnavailable):
        bulk_produce(_events(20), BufferedProducer(size=50), timeout_s=0.01)
