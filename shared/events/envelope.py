"""The envelope around every event: who, when, from where, in what order; complete from day one, for
history cannot be back-filled.
"""

from typing import Final, Literal, get_args

import msgspec

from shared.ids import AccountId, EventId, PageId, PlayId, ProfileId, VisitId

Device = Literal["unknown", "tv", "phone", "tablet", "web"]
OriginKind = Literal["home", "search", "message", "external"]

DEVICES: Final[tuple[Device, ...]] = get_args(Device)

SCHEMA_VERSION: Final = 1


class Origin(msgspec.Struct, frozen=True, omit_defaults=True):
    """Where on the service an event came from; `token` is echoed unread by clients, and names the
    draw that placed the tile.
    """

    kind: OriginKind
    page_id: PageId | None = None
    row: int | None = None
    column: int | None = None
    token: str | None = None


class Envelope(msgspec.Struct, frozen=True, omit_defaults=True, kw_only=True):
    """One event as it stands on the wire.

    `event_time_ms` is the client's clock (the gateway corrects it when that clock is off),
    `sent_time_ms` the same clock at sending, `received_time_ms` the gateway's. `client_seq` orders
    events of one client that share a millisecond. `utc_offset_min` is the member's local time minus
    UTC, so that the local hour survives. `body` holds the fields of the event's type, still
    encoded.
    """

    event_id: EventId
    type: str
    event_time_ms: int
    body: msgspec.Raw
    schema_version: int = SCHEMA_VERSION
    sent_time_ms: int | None = None
    received_time_ms: int | None = None
    client_seq: int = 0
    account_id: AccountId | None = None
    profile_id: ProfileId | None = None
    visit_id: VisitId | None = None
    play_id: PlayId | None = None
    device: Device = "unknown"
    country: str | None = None
    utc_offset_min: int | None = None
    origin: Origin | None = None


Order = tuple[int, int, str]


def order_of(envelope: Envelope) -> Order:
    """The key by which "latest" is meant everywhere: event time, then client sequence, then event
    id.
    """
    return (envelope.event_time_ms, envelope.client_seq, envelope.event_id)
