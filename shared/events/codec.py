"""Events to bytes: JSON on the wire, one encoder for every producer of the platform."""

from typing import TypedDict, Unpack

import msgspec

from shared.errors import InvalidEvent
from shared.events.body import Body
from shared.events.catalog import TitlePublished, TitleWithdrawn
from shared.events.envelope import Device, Envelope, Origin
from shared.ids import AccountId, EventId, PlayId, ProfileId, VisitId

_encoder = msgspec.json.Encoder()


class EnvelopeFields(TypedDict, total=False):
    """What a producer may say around a body; see `Envelope` for what each means."""

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
    """The envelope around a body, its type filled in from the body's class."""
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
    """The event as it stands on the wire; fields at their default are left out."""
    return _encoder.encode(
        envelope_of(body, event_id=event_id, event_time_ms=event_time_ms, **fields)
    )


def key_of(envelope: Envelope, body: Body) -> bytes:
    """The record's key on its topic: the title's id for catalog changes, else the profile's.

    Raises:
        InvalidEvent: the event names no profile.
    """
    if isinstance(body, TitlePublished):
        return body.title.title_id.encode()
    if isinstance(body, TitleWithdrawn):
        return body.title_id.encode()
    if not envelope.profile_id:
        raise InvalidEvent("no_profile", f"{envelope.type} needs a profile_id", "profile_id")
    return envelope.profile_id.encode()
