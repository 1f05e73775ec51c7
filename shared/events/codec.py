"""Encoding of events as JSON, and their record keys."""

from typing import TypedDict, Unpack

import msgspec

from shared.errors import InvalidEvent
from shared.events.body import Body
from shared.events.catalog import TitlePublished, TitleWithdrawn
from shared.events.envelope import Device, Envelope, Origin
from shared.ids import AccountId, EventId, PlayId, ProfileId, VisitId

_encoder = msgspec.json.Encoder()


class EnvelopeFields(TypedDict, total=False):
    """Optional envelope fields of a producer; see `Envelope`."""

    sent_time_ms: int | None
    received_time_ms: int | None
    client_seq: int
    account_id: AccountId | None
    profile_id: ProfileId | None
    visit_id: VisitId | None
    play_id: PlayId | None
    device: Device
    country: str | None
    utc_offset_min: int | None
    origin: Origin | None


def envelope_of(
    body: Body,
    *,
    event_id: EventId,
    event_time_ms: int,
    **fields: Unpack[EnvelopeFields],
) -> Envelope:
    """The envelope of a body; its type is that of the body's class."""
    return Envelope(
        event_id=event_id,
        type=body.type,
        event_time_ms=event_time_ms,
        body=msgspec.Raw(_encoder.encode(body)),
        **fields,
    )


def encode(
    body: Body,
    *,
    event_id: EventId,
    event_time_ms: int,
    **fields: Unpack[EnvelopeFields],
) -> bytes:
    """The event as JSON; fields with their default value are left out."""
    return _encoder.encode(
        envelope_of(body, event_id=event_id, event_time_ms=event_time_ms, **fields)
    )


def key_of(envelope: Envelope, body: Body) -> bytes:
    """The key of the event's record: the title id for catalog events, else the profile id.

    Raises:
        InvalidEvent: the event has no profile id.
    """
    if isinstance(body, TitlePublished):
        return body.title.title_id.encode()
    if isinstance(body, TitleWithdrawn):
        return body.title_id.encode()
    if not envelope.profile_id:
        raise InvalidEvent("no_profile", f"{envelope.type} needs a profile_id", "profile_id")
    return envelope.profile_id.encode()
