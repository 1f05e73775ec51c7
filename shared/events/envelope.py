"""The envelope of every event: profile, times, order, device and origin.

Past events cannot be changed, so a field that models may need later is recorded from the start.
"""

from typing import Final, Literal, get_args

import msgspec

from shared.ids import AccountId, EventId, PageId, PlayId, ProfileId, VisitId

Device = Literal["unknown", "tv", "phone", "tablet", "web"]
OriginKind = Literal["home", "search", "message", "external"]

DEVICES: Final[tuple[Device, ...]] = get_args(Device)

SCHEMA_VERSION: Final = 1


class Origin(msgspec.Struct, frozen=True, omit_defaults=True):
    """Where in the service an event began; row and column count from 0.

    Clients copy `token` from the tile; it identifies the draw that placed the tile.
    """

    kind: OriginKind
    page_id: PageId | None = None
    row: int | None = None
    column: int | None = None
    token: str | None = None


class Envelope(msgspec.Struct, frozen=True, omit_defaults=True, kw_only=True):
    """One event.

    `event_time_ms` is by the client's clock, corrected by the gateway if that clock is wrong.
    `sent_time_ms` is by the client's clock too, `received_time_ms` by the gateway's. `client_seq`
    orders events of one client in the same millisecond. `utc_offset_min` is the member's local time
    minus UTC. `country` is an ISO 3166 code. `body` is the encoded body of the event's type.
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
    """The sort key of events: event time, then client sequence number, then event id."""
    return (envelope.event_time_ms, envelope.client_seq, envelope.event_id)
