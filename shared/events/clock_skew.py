"""Putting a client's clock right at the gateway, where the same moment is known by both clocks."""

import msgspec

from shared.errors import InvalidEvent
from shared.events.accept import decoded

TOLERATED_SKEW_MS = 30_000

_fields = msgspec.json.Decoder(dict[str, msgspec.Raw])


class _Times(msgspec.Struct):
    event_time_ms: int
    sent_time_ms: int | None = None


_times = msgspec.json.Decoder(_Times)


def corrected_time_ms(event_time_ms: int, sent_time_ms: int | None, received_ms: int) -> int:
    """The event's time by the gateway's clock: moved by received − sent when that is more than 30
    s, which no network explains.
    """
    skew_ms = 0 if sent_time_ms is None else received_ms - sent_time_ms
    return event_time_ms + skew_ms if abs(skew_ms) > TOLERATED_SKEW_MS else event_time_ms


def stamp_received(value: bytes | msgspec.Raw, received_ms: int) -> bytes:
    """The event with the time of its receipt, its own time put right; every other field, known or
    not, stays as it was sent.

    Raises:
        InvalidEvent: the value is not a JSON object with an integer event time; `accept` would
            refuse it too.
    """
    try:
        fields, times = decoded(_fields, value), decoded(_times, value)
    except RecursionError as error:
        raise InvalidEvent("too_deep", "nested too deep to be read") from error
    event_time_ms = corrected_time_ms(times.event_time_ms, times.sent_time_ms, received_ms)
    fields["event_time_ms"] = msgspec.Raw(b"%d" % event_time_ms)
    fields["received_time_ms"] = msgspec.Raw(b"%d" % received_ms)
    return msgspec.json.encode(fields)
