"""Served pages on their way to the log: a bounded buffer that says beforehand whether it will take
one more.
"""

import asyncio
import threading
from collections import OrderedDict
from concurrent.futures import Future
from functools import partial
from typing import TypedDict, Unpack

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


class Place(TypedDict, total=False):
    """Where the member is, as far as the request says."""

    country: str | None
    utc_offset_min: int | None


class ExposureLog:
    """Sends without waiting. A page that cannot be logged is counted, never waited for;
    acknowledgements come on the producer's thread.

    Pages gather for a moment and leave together: a round trip to the log costs a replica more than
    half a page does.
    """

    def __init__(
        self, producer: Producer, clock: Clock, telemetry: Telemetry, settings: ReplicaSettings
    ) -> None:
        self._producer = producer
        self._clock = clock
        self._telemetry = telemetry
        self._settings = settings
        self._gathered: list[tuple[int, OutgoingRecord]] = []
        self._leaving: asyncio.Task[None] | None = None
        self._waiting: OrderedDict[int, float] = OrderedDict()
        self._lock = threading.Lock()
        self._next = 0

    def accepts(self) -> bool:
        """Whether a page offered now would be taken: there is room, and the log is answering."""
        with self._lock:
            if not self._waiting:
                return True
            oldest = next(iter(self._waiting.values()))
            room = len(self._waiting) < self._settings.exposure_buffer
            return room and self._clock.monotonic_s() - oldest < self._settings.exposure_stall_s

    def offer(
        self,
        event: PageServed,
        now_ms: int,
        profile_id: ProfileId,
        device: Device,
        **place: Unpack[Place],
    ) -> bool:
        """Send the page on its way; False when it was not taken. Its event id comes from page and
        part, so a retry is a duplicate.

        To be called on the event loop.
        """
        if not self.accepts():
            self._telemetry.pages_not_logged.inc()
            return False
        name = EventId(f"{event.page_id}:{event.from_row}:{event.from_column}")
        value = encode(
            event,
            event_id=name,
            event_time_ms=now_ms,
            received_time_ms=now_ms,
            profile_id=profile_id,
            device=device,
            **place,
        )
        with self._lock:
            ticket, self._next = self._next, self._next + 1
            self._waiting[ticket] = self._clock.monotonic_s()
            self._gathered.append((ticket, OutgoingRecord(EXPOSURES, profile_id.encode(), value)))
        if self._leaving is None or self._leaving.done():
            self._leaving = asyncio.create_task(self._leave())
        return True

    def flush(self) -> None:
        """Hand what has gathered to the producer, from any thread; what it has no room for stays,
        and the log soon counts as gone.
        """
        with self._lock:
            gathered, self._gathered = self._gathered, []
        for place, (ticket, record) in enumerate(gathered):
            try:
                future = self._producer.send(record)
            except Retryable:
                with self._lock:
                    self._gathered = [*gathered[place:], *self._gathered]
                return
            except MarqueeError:
                self._settle(ticket, logged=False)
            else:
                future.add_done_callback(partial(self._answered, ticket))

    async def _leave(self) -> None:
        while self._gathered:
            await asyncio.sleep(self._settings.exposure_gather_s)
            self.flush()

    def _answered(self, ticket: int, done: "Future[tuple[Partition, int]]") -> None:
        self._settle(ticket, logged=not done.cancelled() and done.exception() is None)

    def _settle(self, ticket: int, *, logged: bool) -> None:
        with self._lock:
            self._waiting.pop(ticket, None)
        if not logged:
            self._telemetry.pages_not_logged.inc()
