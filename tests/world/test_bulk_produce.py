"""Pouring records into a log that is slow, full or refusing."""

from concurrent.futures import Future

import pytest

from infra import bulk_produce as bulk_produce_module
from infra.bulk_produce import bulk_produce
from shared.errors import Backpressure, LogUnavailable, RequestRejected
from shared.log.port import OutgoingRecord, Partition


class Bucket:
    """A producer with a small buffer that is emptied only when its owner waits for the oldest
    record, or flushes.
    """

    def __init__(self, size: int, failing: Exception | None = None) -> None:
        self.size = size
        self.failing = failing
        self.sent: list[OutgoingRecord] = []
        self.most = 0
        self._open: list[Future[tuple[Partition, int]]] = []

    def send(self, record: OutgoingRecord) -> "Future[tuple[Partition, int]]":
        if len(self._open) >= self.size:
            self._answer()
            raise Backpressure("full")
        self.sent.append(record)
        future: Future[tuple[Partition, int]] = Future()
        self._open.append(future)
        self.most = max(self.most, len(self._open))
        return future

    def flush(self, timeout_s: float) -> None:
        self._answer()

    def close(self) -> None:
        self._answer()

    def _answer(self) -> None:
        for future in self._open:
            if self.failing is None:
                future.set_result((Partition("signals", 0), 0))
            else:
                future.set_exception(self.failing)
        self._open.clear()


def _events(count: int) -> list[tuple[str, bytes, bytes]]:
    return [("signals", b"p", str(number).encode()) for number in range(count)]


def test_a_full_buffer_slows_the_writer_down_and_loses_nothing() -> None:
    bucket = Bucket(size=7)
    assert bulk_produce(_events(100), bucket) == 100
    assert [record.value for record in bucket.sent] == [value for _, _, value in _events(100)]


def test_a_refused_record_stops_the_pouring() -> None:
    with pytest.raises(RequestRejected):
        bulk_produce(_events(20), Bucket(size=5, failing=RequestRejected("too large")))


def test_an_answer_that_never_comes_is_the_log_s_fault(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(bulk_produce_module, "MAX_IN_FLIGHT", 3)
    with pytest.raises(LogUnavailable):
        bulk_produce(_events(20), Bucket(size=50), timeout_s=0.01)
