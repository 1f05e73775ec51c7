"""Envelopes around the events of a world, with ids that are the same in every run of the world."""

import hashlib
from collections.abc import Iterable, Iterator
from typing import Final, NamedTuple

import msgspec

from infra.world.memory import Memory
from infra.world.names import COUNTRIES
from infra.world.profiles import SimulatedProfile
from infra.world.settings import WorldSettings
from infra.world.viewing import EventDraft
from shared.catalog.titles import Title
from shared.events.catalog import TitlePublished
from shared.events.codec import encode, envelope_of
from shared.events.envelope import Device, Envelope
from shared.events.profiles import ProfileFacts
from shared.ids import EventId, VisitId

NETWORK_MS: Final = 60
"""Time from sending by the client to receipt by the gateway, in the history; a guess."""


class EncodedEvent(NamedTuple):
    """One event, ready for the log."""

    time_ms: int
    topic: str
    key: bytes
    value: bytes


def world_name(settings: WorldSettings, now_ms: int) -> str:
    """A short name that differs between worlds with different settings or times."""
    content = msgspec.json.encode((msgspec.to_builtins(settings), now_ms))
    return "w" + hashlib.sha256(content).hexdigest()[:6]


class EventEncoder:
    """Wraps events in envelopes and numbers them with the profile's event counter."""

    def __init__(self, world_name: str) -> None:
        self.world_name = world_name

    def title(self, title: Title, time_ms: int, number: int) -> EncodedEvent:
        """The event that publishes a title."""
        body = TitlePublished(title=title)
        value = encode(
            body,
            event_id=EventId(f"{self.world_name}.{title.title_id}"),
            event_time_ms=time_ms,
            client_seq=number,
        )
        return EncodedEvent(time_ms, body.topic, title.title_id.encode(), value)

    def facts(self, profile: SimulatedProfile, memory: Memory, time_ms: int) -> EncodedEvent:
        """The event with a profile's country, languages, name and maturity ceiling."""
        body = ProfileFacts(
            maturity_ceiling=profile.ceiling,
            country=COUNTRIES[profile.country].code,
            languages=profile.languages,
            name=profile.name,
        )
        return next(self.events(profile, memory, None, "unknown", [EventDraft(time_ms, body)]))

    def events(
        self,
        profile: SimulatedProfile,
        memory: Memory,
        visit_id: VisitId | None,
        device: Device,
        drafts: Iterable[EventDraft],
    ) -> Iterator[EncodedEvent]:
        """The events as the gateway wrote them to the log when they happened."""
        key = profile.profile_id.encode()
        for draft in drafts:
            envelope = self.envelope(profile, memory, visit_id, device, draft)
            yield EncodedEvent(draft.time_ms, draft.body.topic, key, msgspec.json.encode(envelope))

    def envelope(
        self,
        profile: SimulatedProfile,
        memory: Memory,
        visit_id: VisitId | None,
        device: Device,
        draft: EventDraft,
    ) -> Envelope:
        """The envelope of one event; increments the profile's event counter."""
        memory.events += 1
        return envelope_of(
            draft.body,
            event_id=EventId(f"{self.world_name}.{profile.number:06d}.{memory.events}"),
            event_time_ms=draft.time_ms,
            sent_time_ms=draft.time_ms,
            received_time_ms=draft.time_ms + NETWORK_MS,
            client_seq=memory.events,
            account_id=profile.account_id,
            profile_id=profile.profile_id,
            visit_id=visit_id,
            play_id=draft.play_id,
            device=device,
            country=COUNTRIES[profile.country].code,
            utc_offset_min=profile.utc_offset_min,
            origin=draft.origin,
        )
