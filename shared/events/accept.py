"""Validation of events: one pure function that gateway, worker and lake ingest share."""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final, TypeVar

import msgspec

from shared.catalog.titles import COUNTRY_PATTERN
from shared.clock import MINUTE_MS
from shared.errors import InvalidEvent
from shared.events.body import Body
from shared.events.catalog import TitlePublished
from shared.events.envelope import SCHEMA_VERSION, Envelope
from shared.events.plays import Play
from shared.events.registry import EVENT_TYPES
from shared.ids import MAX_ID_LENGTH
from shared.topics import CATALOG

# Guesses: events of correct clients are far smaller and less deep. The gateway corrects clocks that
# are wrong by more than 30 s (clock_skew), so a later event time is a defect.
MAX_EVENT_BYTES: Final = 256 * 1024
MAX_DEPTH: Final = 32
MAX_FUTURE_MS: Final = 5 * MINUTE_MS
# 1995-01-01: before any streaming, and before the oldest ratings of the public data sets.
EARLIEST_MS: Final = 788_918_400_000

T = TypeVar("T")

MAX_UTC_OFFSET_MIN = 18 * 60
"""The limit of java.time.ZoneOffset; time zones in use have −12 to +14 hours."""
_COUNTRY = re.compile(COUNTRY_PATTERN)
_NOT_BRACKETS = bytes(byte for byte in range(256) if byte not in b"[]{}")
# An integer of 17 or more digits. The digits after a decimal point are not counted.
_HUGE_INTEGER = re.compile(rb"(?<![0-9.])[0-9]{17,}(?![0-9.eE])")
# A cheap test that decides whether the slow regular expression is needed: all digits become 0,
# then a plain search finds long runs.
_DIGITS_AS_ZERO = bytes(
    ord("0") if ord("0") <= byte <= ord("9") else ord(" ") for byte in range(256)
)
_MANY_DIGITS = b"0" * 17
_PATH = re.compile(r" - at `\$\.?(.*)`$")
_MISSING = re.compile(r"missing required field `([^`]+)`")

_envelopes = msgspec.json.Decoder(Envelope)
_bodies = {name: msgspec.json.Decoder(body_type) for name, body_type in EVENT_TYPES.items()}
_id_fields = {
    body_type: tuple(name for name in body_type.__struct_fields__ if name.endswith("_id"))
    for body_type in EVENT_TYPES.values()
}
_envelope_ids = tuple(name for name in Envelope.__struct_fields__ if name.endswith("_id"))


@dataclass(frozen=True, slots=True)
class AcceptedEvent:
    """A valid event: its envelope, and its body as the class of its type."""

    envelope: Envelope
    body: Body


def accept(value: bytes | None, now_ms: int, topic: str | None = None) -> AcceptedEvent:
    """Decode and validate an event; unknown fields are ignored.

    `now_ms` is the append time of the record. The gateway passes its own time, because its records
    are not appended yet. With `topic` the event must also belong to that topic. A catalog tombstone
    is not an event; callers handle it before.

    Raises:
        InvalidEvent: with `reason` one of no_value, too_large, not_json, too_deep, missing_field,
            bad_field, unknown_type, wrong_topic, newer_schema, future, absurd_past, no_profile;
            `field` is the path of the wrong field, if there is one.
    """
    if value is None:
        raise InvalidEvent("no_value", "the record has no value")
    _check_bytes(value)
    envelope = decode_json(_envelopes, value, "")
    _check_envelope(envelope, now_ms)
    decoder = _bodies.get(envelope.type)
    if decoder is None:
        raise InvalidEvent(
            "unknown_type", f"there is no event type {envelope.type[:100]!r}", "type"
        )
    body = decode_json(decoder, envelope.body, "body.")
    if topic is not None and body.topic != topic:
        raise InvalidEvent(
            "wrong_topic",
            f"{envelope.type} belongs to topic {body.topic}, not to {topic}",
            "type",
        )
    if body.topic != CATALOG and envelope.profile_id is None:
        raise InvalidEvent("no_profile", f"{envelope.type} needs a profile_id", "profile_id")
    _check_ids(body, _id_fields[type(body)], "body.")
    if isinstance(body, Play):
        _check_intervals(body)
    elif isinstance(body, TitlePublished):
        _check_ids(body.title, ("title_id",), "body.title.")
    return AcceptedEvent(envelope, body)


def _check_bytes(value: bytes) -> None:
    """Check size, encoding, depth and number lengths before parsing.

    Otherwise the limits of each parser would decide, and parsers differ.
    """
    if len(value) > MAX_EVENT_BYTES:
        raise InvalidEvent("too_large", f"{len(value)} bytes are more than {MAX_EVENT_BYTES}")
    try:
        value.decode()
    except UnicodeDecodeError as error:
        raise InvalidEvent(
            "not_json", f"not UTF-8: {error.reason} at byte {error.start}"
        ) from error
    if value.count(b"{") + value.count(b"[") > MAX_DEPTH and _deeper_than(
        _without_strings(value), MAX_DEPTH
    ):
        raise InvalidEvent("too_deep", f"nested more than {MAX_DEPTH} levels deep")
    if _MANY_DIGITS in value.translate(_DIGITS_AS_ZERO) and _HUGE_INTEGER.search(
        _without_strings(value)
    ):
        raise InvalidEvent("bad_field", "a number has more than 16 digits")


def _without_strings(value: bytes) -> bytes:
    """The JSON text with all strings emptied.

    Without escaped backslashes and quotes, every second piece between quotes is a string.
    """
    return b'""'.join(value.replace(b"\\\\", b"").replace(b'\\"', b"").split(b'"')[::2])


def _deeper_than(value: bytes, limit: int) -> bool:
    skeleton = value.translate(None, _NOT_BRACKETS)
    for _ in range(limit):
        skeleton = skeleton.replace(b"[]", b"").replace(b"{}", b"")
        if not skeleton:
            return False
    return True


def decode_json(
    decoder: msgspec.json.Decoder[T], value: bytes | msgspec.Raw, prefix: str = ""
) -> T:
    """Decode a value.

    Raises:
        InvalidEvent: not_json, missing_field or bad_field; `field` begins with `prefix`.
    """
    try:
        return decoder.decode(value)
    except msgspec.ValidationError as error:
        raise _field_error(str(error), prefix) from error
    except (msgspec.DecodeError, UnicodeDecodeError) as error:
        raise InvalidEvent("not_json", str(error), prefix.rstrip(".") or None) from error


def _field_error(message: str, prefix: str) -> InvalidEvent:
    """Reason and path from a message of msgspec."""
    path = match.group(1) if (match := _PATH.search(message)) else ""
    detail = _PATH.sub("", message)
    if missing := _MISSING.search(message):
        field = f"{prefix}{path}.{missing.group(1)}" if path else prefix + missing.group(1)
        return InvalidEvent("missing_field", detail, field)
    return InvalidEvent("bad_field", detail, (prefix + path).rstrip(".") or None)


def _check_envelope(envelope: Envelope, now_ms: int) -> None:
    if envelope.schema_version > SCHEMA_VERSION:
        raise InvalidEvent(
            "newer_schema",
            f"schema version {envelope.schema_version} is newer than {SCHEMA_VERSION}",
            "schema_version",
        )
    _check_ids(envelope, _envelope_ids, "")
    if envelope.event_time_ms > now_ms + MAX_FUTURE_MS:
        raise InvalidEvent(
            "future",
            f"{(envelope.event_time_ms - now_ms) // 1000} s after the append time",
            "event_time_ms",
        )
    if envelope.event_time_ms < EARLIEST_MS:
        raise InvalidEvent("absurd_past", "before 1995", "event_time_ms")
    for name, problem in _bad_values(envelope):
        raise InvalidEvent("bad_field", problem, name)


def _bad_values(envelope: Envelope) -> Iterator[tuple[str, str]]:
    if envelope.schema_version < 1:
        yield "schema_version", "must be at least 1"
    if envelope.client_seq < 0:
        yield "client_seq", "must not be negative"
    if envelope.utc_offset_min is not None and abs(envelope.utc_offset_min) > MAX_UTC_OFFSET_MIN:
        yield "utc_offset_min", "must be within 18 hours"
    if envelope.country is not None and not _COUNTRY.fullmatch(envelope.country):
        yield "country", "must be two capital letters"


def _check_ids(record: msgspec.Struct, names: tuple[str, ...], prefix: str) -> None:
    for name in names:
        value = getattr(record, name)
        if value is None:
            continue
        if not value:
            raise InvalidEvent("bad_field", "must not be empty", prefix + name)
        if len(value) > MAX_ID_LENGTH:
            raise InvalidEvent(
                "bad_field",
                f"must not be longer than {MAX_ID_LENGTH} characters",
                prefix + name,
            )


def _check_intervals(play: Play) -> None:
    for index, (start, end) in enumerate(play.watched):
        if start > end:
            raise InvalidEvent(
                "bad_field",
                f"ends at {end} before it begins at {start}",
                f"body.watched[{index}]",
            )
