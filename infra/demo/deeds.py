"""What the demo's members do, as encoded events: they watch, they turn a title down, they say who
they are.
"""

import uuid
from dataclasses import dataclass

from shared.catalog.catalog import next_episode
from shared.catalog.titles import Title
from shared.events.body import Body
from shared.events.codec import encode
from shared.events.envelope import Device, Origin
from shared.events.feedback import Thumb
from shared.events.plays import PlayProgress, PlayStarted
from shared.events.profiles import ProfileFacts
from shared.ids import EventId, PlayId, ProfileId, TitleId, VisitId

HEARTBEAT_S = 60


@dataclass(frozen=True, slots=True)
class Actor:
    """Who does it, and with what in hand."""

    profile_id: ProfileId
    country: str
    device: Device = "tv"

    def watch(self, title: Title, seconds: int, now_ms: int, origin: Origin) -> list[bytes]:
        """A play begun `seconds` ago and still going on, heartbeat by heartbeat."""
        episode = next_episode(title, None, now_ms)
        runtime_s, episode_id = (
            (episode.runtime_s, episode.episode_id) if episode else (title.runtime_s, None)
        )
        play, visit = PlayId(_fresh("play")), VisitId(_fresh("visit"))
        start_ms = now_ms - seconds * 1000
        bodies: list[tuple[int, Body]] = [
            (
                start_ms,
                PlayStarted(
                    title_id=title.title_id,
                    runtime_s=runtime_s,
                    position_s=0,
                    episode_id=episode_id,
                ),
            )
        ]
        for begin in range(0, seconds, HEARTBEAT_S):
            end = min(begin + HEARTBEAT_S, seconds)
            watched = ((begin, end),)
            heartbeat = PlayProgress(
                title_id=title.title_id,
                runtime_s=runtime_s,
                position_s=end,
                episode_id=episode_id,
                watched=watched,
            )
            bodies.append((start_ms + end * 1000, heartbeat))
        return [
            self._say(body, time_ms, now_ms, seq, origin, play, visit)
            for seq, (time_ms, body) in enumerate(bodies)
        ]

    def turn_down(self, title_id: TitleId, now_ms: int) -> bytes:
        """A thumb down."""
        return self._say(Thumb(title_id=title_id, value=-1), now_ms, now_ms)

    def introduce(self, name: str, ceiling: int, languages: tuple[str, ...], now_ms: int) -> bytes:
        """Who the profile is."""
        return self._say(
            ProfileFacts(
                maturity_ceiling=ceiling, country=self.country, languages=languages, name=name
            ),
            now_ms,
            now_ms,
        )

    def _say(
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
            event_id=EventId(_fresh("event")),
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


def _fresh(kind: str) -> str:
    return f"{kind}-{uuid.uuid4().hex}"
