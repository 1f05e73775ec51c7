"""Correction of client clocks at the gateway, by the sent time and the receive time."""

from typing import Final

import msgspec

from shared.errors import InvalidEvent
from shared.events.accept import decode_json

# A guess: network delays are shorter, so a larger difference is a wrong clock.
TOLERATED_SKEW_MS: Final = 30_000

_fields = msgspec.json.Decoder(dict[str, msgspec.Raw])


class _Times(msgspec.Struct):
    event_time_ms: int
    sent_time_ms: int | None = None


_times = msgspec.json.Decoder(_Times)


def corrected_time_ms(event_time_ms: int, sent_time_ms: int | None, received_ms: int) -> int:
    """The event time by the gateway's clock.

    Moved by received − sent if that difference exceeds TOLERATED_SKEW_MS.
    """
    skew_ms = 0 if sent_time_ms is None else received_ms - sent_time_ms
    return event_time_ms + skew_ms if abs(skew_ms) > TOLERATED_SKEW_MS else event_time_ms


def stamp_received(value: bytes | msgspec.Raw, received_ms: int) -> bytes:
    """The event with its receive time added and its event time corrected.

    All other fields, unknown ones included, are unchanged.

    Raises:
        InvalidEvent: the value is not a JSON object with an integer event time; `accept` rejects
            such a value too.
    """
    try:
        fields, times = decode_json(_fields, value), decode_json(_times, value)
    except RecursionError as error:
        raise InvalidEvent("too_deep", "nested too deeply") from error
    event_time_ms = corrected_time_ms(times.event_time_ms, times.sent_time_ms, received_ms)
    fields["event_time_ms"] = msgspec.Raw(b"%d" % event_time_ms)
    fields["received_time_ms"] = msgspec.Raw(b"%d" % received_ms)
    return msgspec.json.encode(fields)
