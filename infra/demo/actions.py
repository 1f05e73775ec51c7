"""Actions of the demo's profiles as encoded events: plays, thumbs and profile facts."""

import uuid
from dataclasses import dataclass
from typing import Final

from shared.catalog.catalog import next_episode
from shared.catalog.titles import Title
from shared.events.body import Body
from shared.events.codec import encode
from shared.events.envelope import Device, Origin
from shared.events.feedback import Thumb
from shared.events.plays import PlayProgress, PlayStarted
from shared.events.profiles import ProfileFacts
from shared.ids import EventId, PlayId, ProfileId, TitleId, VisitId

HEARTBEAT_S: Final = 60


@dataclass(frozen=True, slots=True)
class ProfileActions:
    """Creates the events of one profile on one device."""

    profile_id: ProfileId
    country: str
    device: Device = "tv"

    def watch(self, title: Title, seconds: int, now_ms: int, origin: Origin) -> list[bytes]:
        """The events of a play that began `seconds` ago and continues, one heartbeat a minute."""
        episode = next_episode(title, None, now_ms)
        runtime_s = episode.runtime_s if episode else title.runtime_s
        episode_id = episode.episode_id if episode else None
        play_id, visit_id = PlayId(_new_id("play")), VisitId(_new_id("visit"))
        start_ms = now_ms - seconds * 1000
        start = PlayStarted(
            title_id=title.title_id, runtime_s=runtime_s, position_s=0, episode_id=episode_id
        )
        bodies: list[tuple[int, Body]] = [(start_ms, start)]
        for begin in range(0, seconds, HEARTBEAT_S):
            end = min(begin + HEARTBEAT_S, seconds)
            heartbeat = PlayProgress(
                title_id=title.title_id,
                runtime_s=runtime_s,
                position_s=end,
                episode_id=episode_id,
                watched=((begin, end),),
            )
            bodies.append((start_ms + end * 1000, heartbeat))
        return [
            self._event(body, time_ms, now_ms, seq, origin, play_id, visit_id)
            for seq, (time_ms, body) in enumerate(bodies)
        ]

    def thumb_down(self, title_id: TitleId, now_ms: int) -> bytes:
        """A thumb down."""
        return self._event(Thumb(title_id=title_id, value=-1), now_ms, now_ms)

    def send_facts(self, name: str, ceiling: int, languages: tuple[str, ...], now_ms: int) -> bytes:
        """The profile's facts: name, maturity ceiling, country and languages."""
        facts = ProfileFacts(
            maturity_ceiling=ceiling, country=self.country, languages=languages, name=name
        )
        return self._event(facts, now_ms, now_ms)

    def _event(
        self,
        body: Body,
        time_ms: int,
        now_ms: int,
        client_seq: int = 0,
        origin: Origin | None = None,
        play_id: PlayId | None = None,
        visit_id: VisitId | None = None,
    ) -> bytes:
        return encode(
            body,
            event_id=EventId(_new_id("event")),
            event_time_ms=time_ms,
            sent_time_ms=now_ms,
            client_seq=client_seq,
            profile_id=self.profile_id,
            device=self.device,
            country=self.country,
            utc_offset_min=0,
            origin=origin,
            play_id=play_id,
            visit_id=visit_id,
        )


def _new_id(kind: str) -> str:
    return f"{kind}-{uuid.uuid4().hex}"
