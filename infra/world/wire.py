"""From what is said to what goes over the wire: envelopes with ids that the same world always gives
again.
"""

import hashlib
from collections.abc import Iterable, Iterator
from typing import NamedTuple

import msgspec

from infra.world.names import COUNTRIES
from infra.world.profiles import Memory, Profile
from infra.world.settings import WorldSettings
from infra.world.visits import Visit
from infra.world.watching import Said
from shared.catalog.titles import Title
from shared.events.catalog import TitlePublished
from shared.events.codec import encode, envelope_of
from shared.events.envelope import Device, Envelope
from shared.events.profiles import ProfileFacts
from shared.ids import EventId, VisitId

NETWORK_MS = 60
"""From a client's sending to the gateway's receiving, in the history."""


class Wired(NamedTuple):
    """One event, ready for the log."""

    time_ms: int
    topic: str
    key: bytes
    value: bytes


def world_name(settings: WorldSettings, now_ms: int) -> str:
    """A short name of this world; two worlds that differ in anything, the time included, have
    different names.
    """
    content = msgspec.json.encode((msgspec.to_builtins(settings), now_ms))
    return "w" + hashlib.sha256(content).hexdigest()[:6]


class Wire:
    """Puts what profiles say into envelopes; a profile's memory counts its events, which numbers
    them.
    """

    def __init__(self, name: str) -> None:
        self.name = name

    def title(self, title: Title, time_ms: int, number: int) -> Wired:
        """A title's record."""
        body = TitlePublished(title=title)
        value = encode(
            body,
            event_id=EventId(f"{self.name}.{title.title_id}"),
            event_time_ms=time_ms,
            client_seq=number,
        )
        return Wired(time_ms, body.topic, title.title_id.encode(), value)

    def facts(self, profile: Profile, memory: Memory, time_ms: int) -> Wired:
        """What the service is told about a profile."""
        body = ProfileFacts(
            maturity_ceiling=profile.ceiling,
            country=COUNTRIES[profile.country].code,
            languages=profile.languages,
            name=profile.name,
        )
        return next(self.events(profile, memory, None, "unknown", [Said(time_ms, body)]))

    def visit(
        self, profile: Profile, memory: Memory, visit: Visit, before: Iterable[Said] = ()
    ) -> Iterator[Wired]:
        """Everything said in a visit, after what the service said to begin it."""
        return self.events(
            profile, memory, visit.visit_id, visit.context.device, [*before, *visit.said]
        )

    def events(
        self,
        profile: Profile,
        memory: Memory,
        visit_id: VisitId | None,
        device: Device,
        said: Iterable[Said],
    ) -> Iterator[Wired]:
        """The events as they went into the log when they happened."""
        key = profile.profile_id.encode()
        for one in said:
            envelope = self.envelope(profile, memory, visit_id, device, one)
            yield Wired(one.time_ms, one.body.topic, key, msgspec.json.encode(envelope))

    def envelope(
        self, profile: Profile, memory: Memory, visit_id: VisitId | None, device: Device, said: Said
    ) -> Envelope:
        """The envelope around one thing said; moves the profile's counter."""
        memory.events += 1
        return envelope_of(
            said.body,
            event_id=EventId(f"{self.name}.{profile.number:06d}.{memory.events}"),
            event_time_ms=said.time_ms,
            sent_time_ms=said.time_ms,
            received_time_ms=said.time_ms + NETWORK_MS,
            client_seq=memory.events,
            account_id=profile.account_id,
            profile_id=profile.profile_id,
            visit_id=visit_id,
            play_id=said.play_id,
            device=device,
            country=COUNTRIES[profile.country].code,
            utc_offset_min=profile.utc_offset_min,
            origin=said.origin,
        )
