"""The endpoint for events: validate each event, correct client clocks, wait for the log."""

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass

import msgspec

from online.event_batch import split_broken, split_valid
from online.problems import Problem, bad_batch, problem
from online.telemetry import Telemetry
from shared.api.events import MAX_EVENTS, EventRefusal, EventsAnswer
from shared.clock import Clock
from shared.errors import InvalidEvent, RequestRejected, Retryable
from shared.events.accept import AcceptedEvent, accept
from shared.events.clock_skew import stamp_received
from shared.events.codec import key_of
from shared.events.exposures import PageServed
from shared.ids import MAX_ID_LENGTH
from shared.log.port import OutgoingRecord, Producer
from shared.topics import CATALOG

RETRY_AFTER_S = 2
"""Seconds until a client should retry; a guess."""


@dataclass(frozen=True, slots=True)
class _ValidEvent:
    """An accepted event and its record for the log; `index` is its position in the batch."""

    index: int
    event: AcceptedEvent
    record: OutgoingRecord


class _EventId(msgspec.Struct):
    event_id: str = ""


class Gateway:
    """Writes batches of events to the log; used from one event loop."""

    def __init__(
        self, producer: Producer, clock: Clock, telemetry: Telemetry, deadline_s: float
    ) -> None:
        self._producer = producer
        self._clock = clock
        self._telemetry = telemetry
        self._deadline_s = deadline_s

    async def post(self, body: bytes) -> EventsAnswer:
        """Write the valid events of a batch; returns when the log has acknowledged them.

        A client without a response, or with a 503, sends the whole batch again with the same event
        ids: readers of the log remove duplicates.

        Raises:
            Problem: the body is not a batch or every event was refused (400), or the log did not
                acknowledge in time (503).
        """
        events = await _split(body)
        valid, refused = _validated(events, self._clock.now_ms())
        rejected = await self._write(valid)
        refused = sorted([*refused, *rejected], key=lambda refusal: refusal.index)
        for refusal in refused:
            self._telemetry.refused.labels(refusal.reason).inc()
        accepted = len(valid) - len(rejected)
        if not accepted:
            raise _none_accepted(tuple(refused))
        return EventsAnswer(accepted, tuple(refused))

    async def _write(self, events: Sequence[_ValidEvent]) -> list[EventRefusal]:
        """Send all records and wait for all; return a refusal for each that the log rejects.

        Raises:
            Problem: the log did not acknowledge every other record in time.
        """
        if not events:
            return []
        try:
            async with asyncio.timeout(self._deadline_s):
                sent = [asyncio.wrap_future(self._producer.send(event.record)) for event in events]
                outcomes = await asyncio.gather(*sent, return_exceptions=True)
        except (Retryable, TimeoutError) as error:
            raise self._unavailable(error) from error
        rejected: list[EventRefusal] = []
        for event, outcome in zip(events, outcomes, strict=True):
            envelope = event.event.envelope
            if isinstance(outcome, RequestRejected):
                rejected.append(
                    EventRefusal(
                        event.index, "log_refused", str(outcome), event_id=envelope.event_id
                    )
                )
            elif isinstance(outcome, Retryable):
                raise self._unavailable(outcome) from outcome
            elif isinstance(outcome, BaseException):
                raise outcome
            else:
                self._telemetry.events.labels(envelope.type).inc()
        return rejected

    def _unavailable(self, error: Exception) -> Problem:
        self._telemetry.events_unavailable.inc()
        cause = str(error) or "no response in time"
        return problem(
            503,
            "Log unavailable",
            f"Send the batch again with the same event ids ({cause}).",
            retry_after_s=RETRY_AFTER_S,
        )


async def _split(body: bytes) -> Sequence[bytes | msgspec.Raw]:
    """Split a body into 1 to MAX_EVENTS events.

    Raises:
        Problem: the body is not a batch of that size.
    """
    events = split_valid(body)
    if events is None:
        # Slow for a large body; a thread keeps the event loop free.
        events = await asyncio.to_thread(split_broken, body)
    if events is None or not 1 <= len(events) <= MAX_EVENTS:
        detail = f'Send {{"events": [...]}} as JSON, with 1 to {MAX_EVENTS} events.'
        raise bad_batch(detail, "events")
    return events


def _validated(
    events: Sequence[bytes | msgspec.Raw], now_ms: int
) -> tuple[list[_ValidEvent], list[EventRefusal]]:
    """Validate events; return the valid ones and the refusals of the others."""
    valid: list[_ValidEvent] = []
    refused: list[EventRefusal] = []
    for index, value in enumerate(events):
        try:
            valid.append(_valid_event(index, value, now_ms))
        except InvalidEvent as error:
            refused.append(
                EventRefusal(index, error.reason, error.detail, error.field, _event_id(value))
            )
    return valid, refused


def _valid_event(index: int, value: bytes | msgspec.Raw, now_ms: int) -> _ValidEvent:
    """Validate one event and create its record.

    Raises:
        InvalidEvent: it can never be accepted.
    """
    stamped = stamp_received(value, now_ms)
    event = accept(stamped, now_ms)
    if event.body.topic == CATALOG or isinstance(event.body, PageServed):
        raise InvalidEvent(
            "not_for_clients", f"only the service itself writes {event.envelope.type}", "type"
        )
    record = OutgoingRecord(event.body.topic, key_of(event.envelope, event.body), stamped)
    return _ValidEvent(index, event, record)


def _event_id(value: bytes | msgspec.Raw) -> str | None:
    """Return the event id of a refused event, if it can be read."""
    try:
        return msgspec.json.decode(value, type=_EventId).event_id[:MAX_ID_LENGTH] or None
    except (msgspec.MsgspecError, UnicodeDecodeError, RecursionError):
        return None


def _none_accepted(refused: tuple[EventRefusal, ...]) -> Problem:
    first = refused[0]
    path = f"events[{first.index}]" + (f".{first.field}" if first.field else "")
    return bad_batch(
        f"Correct or drop the refused events; the first: {first.detail}.", path, refused
    )
