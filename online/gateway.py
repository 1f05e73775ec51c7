"""The door for events: judge each by the one validity rule, put client clocks right, and answer
when the log has acknowledged.
"""

import asyncio
from collections.abc import Iterable
from concurrent.futures import Future
from dataclasses import dataclass

import msgspec

from online.problems import Problem
from online.settings import GatewaySettings
from online.telemetry import Telemetry
from shared.clock import Clock
from shared.errors import InvalidEvent, RequestRejected, Retryable
from shared.events.accept import AcceptedEvent, accept
from shared.events.clock_skew import stamp_received
from shared.events.codec import key_of
from shared.events.exposures import PageServed
from shared.log.port import OutgoingRecord, Partition, Producer
from shared.topics import CATALOG

RETRY_AFTER_S = 2


class Batch(msgspec.Struct):
    """What a client posts."""

    events: list[msgspec.Raw]


class Refusal(msgspec.Struct, frozen=True, omit_defaults=True):
    """Why one event of a batch was not taken; `index` counts from 0, `field` is the path at fault
    inside the event.
    """

    index: int
    reason: str
    detail: str
    field: str | None = None
    event_id: str | None = None


class BatchAnswer(msgspec.Struct, frozen=True):
    """What became of a batch: how many events the log has, and which were refused for good."""

    accepted: int
    refused: list[Refusal]


@dataclass(frozen=True, slots=True)
class _Taken:
    index: int
    event: AcceptedEvent
    record: OutgoingRecord


class _Named(msgspec.Struct):
    event_id: str = ""


class Gateway:
    """Takes batches of events; for one event loop."""

    def __init__(
        self,
        producer: Producer,
        clock: Clock,
        telemetry: Telemetry,
        settings: GatewaySettings,
        deadline_s: float,
    ) -> None:
        self._producer = producer
        self._clock = clock
        self._telemetry = telemetry
        self._settings = settings
        self._deadline_s = deadline_s

    @property
    def max_body_bytes(self) -> int:
        """The largest body that `post` takes."""
        return self._settings.max_body_bytes

    async def post(self, body: bytes) -> BatchAnswer:
        """Write the batch's good events to the log and say which were not good; returns once the
        log has acknowledged them.

        A client that gets no answer, or a 503, sends the whole batch again under the same event
        ids: duplicates are recognized downstream.

        Raises:
            Problem: no batch (400), too large (413), every event refused (400), the log does not
                acknowledge in time (503).
        """
        now_ms = self._clock.now_ms()
        taken: list[_Taken] = []
        refused: list[Refusal] = []
        for index, value in enumerate(self._events(body)):
            try:
                taken.append(_taken(index, value, now_ms))
            except InvalidEvent as error:
                refused.append(
                    Refusal(index, error.reason, error.detail, error.field, _event_id(value))
                )
        refused += await self._written(taken)
        for refusal in refused:
            self._telemetry.refused.labels(refusal.reason).inc()
        accepted = len(taken) - sum(refusal.reason == "log_refused" for refusal in refused)
        refused.sort(key=lambda refusal: refusal.index)
        if refused and not accepted:
            first = refused[0]
            field = f"events[{first.index}]" + (f".{first.field}" if first.field else "")
            raise Problem(
                400,
                "No event accepted",
                first.detail,
                field,
                extra={"accepted": 0, "refused": refused},
            )
        return BatchAnswer(accepted, refused)

    def _events(self, body: bytes) -> list[msgspec.Raw]:
        if len(body) > self._settings.max_body_bytes:
            raise Problem(
                413, "Too large", f"A batch may have {self._settings.max_body_bytes} bytes."
            )
        try:
            events = msgspec.json.decode(body, type=Batch).events
        except (msgspec.MsgspecError, UnicodeDecodeError, RecursionError) as error:
            raise Problem(
                400, "Not a batch", f'A batch is {{"events": [...]}}: {error}', "events"
            ) from error
        if not 0 < len(events) <= self._settings.max_events:
            raise Problem(
                400,
                "Not a batch",
                f"A batch holds 1 to {self._settings.max_events} events.",
                "events",
            )
        return events

    async def _written(self, taken: list[_Taken]) -> list[Refusal]:
        """Send all, wait for all; what the log refuses by its nature comes back as refusals."""
        try:
            waiting = [asyncio.wrap_future(future) for future in self._sent(taken)]
        except Retryable as error:
            raise self._unavailable(error) from error
        if not waiting:
            return []
        try:
            async with asyncio.timeout(self._deadline_s):
                outcomes = await asyncio.gather(*waiting, return_exceptions=True)
        except TimeoutError as error:
            raise self._unavailable(error) from error
        refused: list[Refusal] = []
        for one, outcome in zip(taken, outcomes, strict=True):
            if isinstance(outcome, RequestRejected):
                refused.append(
                    Refusal(
                        one.index, "log_refused", str(outcome), None, one.event.envelope.event_id
                    )
                )
            elif isinstance(outcome, Retryable):
                raise self._unavailable(outcome) from outcome
            elif isinstance(outcome, BaseException):
                raise outcome
            else:
                self._telemetry.events.labels(one.event.envelope.type).inc()
        return refused

    def _sent(self, taken: Iterable[_Taken]) -> "list[Future[tuple[Partition, int]]]":
        return [self._producer.send(one.record) for one in taken]

    def _unavailable(self, error: Exception) -> Problem:
        self._telemetry.events_unavailable.inc()
        detail = f"The log has not acknowledged the batch ({error or 'no answer in time'}); send it again, with the same event ids."
        return Problem(503, "Log unavailable", detail, retry_after_s=RETRY_AFTER_S)


def _taken(index: int, value: msgspec.Raw, now_ms: int) -> _Taken:
    """The event as it goes to the log.

    Raises:
        InvalidEvent: it can never be accepted.
    """
    stamped = stamp_received(value, now_ms)
    event = accept(stamped, now_ms)
    if event.body.topic == CATALOG or isinstance(event.body, PageServed):
        raise InvalidEvent(
            "not_for_clients", f"{event.envelope.type} is written by the service itself", "type"
        )
    return _Taken(
        index, event, OutgoingRecord(event.body.topic, key_of(event.envelope, event.body), stamped)
    )


def _event_id(value: msgspec.Raw) -> str | None:
    """The id that a refused event gives itself, where it can be found."""
    try:
        return msgspec.json.decode(value, type=_Named).event_id[:128] or None
    except (msgspec.MsgspecError, UnicodeDecodeError, RecursionError):
        return None
