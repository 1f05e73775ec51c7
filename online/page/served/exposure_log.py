"""A bounded buffer of served pages that are sent to the log."""

import asyncio
import threading
from collections import OrderedDict
from concurrent.futures import Future
from functools import partial
from typing import Final, TypedDict, Unpack

from online.settings import ReplicaSettings
from online.telemetry import Telemetry
from shared.clock import Clock
from shared.errors import MarqueeError, Retryable
from shared.events.codec import encode
from shared.events.envelope import Device
from shared.events.exposures import PageServed
from shared.ids import EventId, ProfileId
from shared.log.port import OutgoingRecord, Partition, Producer
from shared.topics import EXPOSURES

UNLOGGED: Final = "unlogged"
"""Reported in `degraded` of a page that is not in the log."""


class Location(TypedDict, total=False):
    """The country and the local time of the request."""

    country: str | None
    utc_offset_min: int | None


class ExposureLog:
    """Sends served pages without waiting; acknowledgments arrive on the producer's thread.

    A page that cannot be logged is counted. Pages are gathered for a short time and sent together,
    because a round trip to the log per page costs more than half of the CPU time of a page.
    """

    def __init__(
        self, producer: Producer, clock: Clock, telemetry: Telemetry, settings: ReplicaSettings
    ) -> None:
        self._producer = producer
        self._clock = clock
        self._telemetry = telemetry
        self._settings = settings
        self._gathered: list[tuple[int, OutgoingRecord]] = []
        self._sending: asyncio.Task[None] | None = None
        self._unacknowledged: OrderedDict[int, float] = OrderedDict()
        self._lock = threading.Lock()
        self._next_ticket = 0

    def accepts(self) -> bool:
        """Whether the buffer accepts a page now: it has room, and the log acknowledges."""
        with self._lock:
            if not self._unacknowledged:
                return True
            oldest_s = next(iter(self._unacknowledged.values()))
            room = len(self._unacknowledged) < self._settings.exposure_buffer
            return room and self._clock.monotonic_s() - oldest_s < self._settings.exposure_stall_s

    def offer(
        self,
        event: PageServed,
        now_ms: int,
        profile_id: ProfileId,
        device: Device,
        **location: Unpack[Location],
    ) -> bool:
        """Buffer the page; return False if it is not accepted. Call on the event loop.

        The event id is derived from page and part, so that a retry is a duplicate.
        """
        if not self.accepts():
            self._telemetry.pages_not_logged.inc()
            return False
        event_id = EventId(f"{event.page_id}:{event.from_row}:{event.from_column}")
        value = encode(
            event,
            event_id=event_id,
            event_time_ms=now_ms,
            received_time_ms=now_ms,
            profile_id=profile_id,
            device=device,
            **location,
        )
        with self._lock:
            ticket, self._next_ticket = self._next_ticket, self._next_ticket + 1
            self._unacknowledged[ticket] = self._clock.monotonic_s()
            record = OutgoingRecord(EXPOSURES, profile_id.encode(), value)
            self._gathered.append((ticket, record))
        if self._sending is None or self._sending.done():
            self._sending = asyncio.create_task(self._send_gathered())
        return True

    def flush(self) -> None:
        """Pass the gathered pages to the producer, from any thread.

        Pages that do not fit the buffer of the producer stay here; if that lasts, `accepts` becomes
        false.
        """
        with self._lock:
            gathered, self._gathered = self._gathered, []
        for index, (ticket, record) in enumerate(gathered):
            try:
                future = self._producer.send(record)
            except Retryable:
                with self._lock:
                    self._gathered = [*gathered[index:], *self._gathered]
                return
            except MarqueeError:
                self._finish(ticket, logged=False)
            else:
                future.add_done_callback(partial(self._acknowledged, ticket))

    async def _send_gathered(self) -> None:
        while self._gathered:
            await asyncio.sleep(self._settings.exposure_gather_s)
            self.flush()

    def _acknowledged(self, ticket: int, done: "Future[tuple[Partition, int]]") -> None:
        self._finish(ticket, logged=not done.cancelled() and done.exception() is None)

    def _finish(self, ticket: int, *, logged: bool) -> None:
        with self._lock:
            self._unacknowledged.pop(ticket, None)
        if not logged:
            self._telemetry.pages_not_logged.inc()
