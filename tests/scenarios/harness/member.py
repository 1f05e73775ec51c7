"""A member with a client: posts events and requests pages over HTTP."""

import itertools
import uuid
from collections.abc import Callable
from dataclasses import dataclass, field

import httpx
import msgspec

from shared.api.events import EventsAnswer, encode_batch
from shared.api.page import PageAnswer
from shared.catalog.catalog import next_episode
from shared.catalog.titles import Title
from shared.clock import MINUTE_MS, SystemClock
from shared.events.body import Body
from shared.events.codec import encode
from shared.events.envelope import Origin
from shared.events.plays import Play, PlayProgress, PlayStarted
from shared.ids import EventId, ProfileId
from tests.scenarios.harness.eventually import DEADLINE_S, eventually

JSON_BODY = {"content-type": "application/json"}
FULL_PAGE = {"rows": 40, "columns": 40}


@dataclass
class Member:
    """One profile with a television."""

    http: httpx.Client
    profile_id: ProfileId = field(default_factory=lambda: ProfileId(f"p-{uuid.uuid4().hex}"))
    country: str = "US"
    ceiling: int = 18
    clock: SystemClock = field(default_factory=SystemClock)
    _sequence: "itertools.count[int]" = field(default_factory=itertools.count)

    def event(self, body: Body, origin: Origin | None = None, ago_ms: int = 0) -> bytes:
        """An encoded event of this member, now or `ago_ms` earlier."""
        now_ms = self.clock.now_ms()
        return encode(
            body,
            event_id=EventId(f"e-{uuid.uuid4().hex}"),
            event_time_ms=now_ms - ago_ms,
            sent_time_ms=now_ms,
            client_seq=next(self._sequence),
            profile_id=self.profile_id,
            device="tv",
            country=self.country,
            utc_offset_min=0,
            origin=origin,
        )

    def post(self, *events: bytes) -> EventsAnswer:
        """Post events as one batch; some may be refused."""
        body = encode_batch(events)
        answer = self.http.post("/v1/events", content=body, headers=JSON_BODY)
        assert answer.status_code == httpx.codes.ACCEPTED, answer.text
        return msgspec.json.decode(answer.content, type=EventsAnswer)

    def does(self, body: Body, origin: Origin | None = None) -> None:
        """Post one event; returns when the log has it."""
        assert self.post(self.event(body, origin)).refused == ()

    def watches(self, title: Title, minutes: int = 20, origin: Origin | None = None) -> int:
        """Post a play of a title's first minutes, ending now; returns its runtime in seconds."""
        episode = next_episode(title, None, self.clock.now_ms())
        runtime_s, episode_id = (
            (episode.runtime_s, episode.episode_id) if episode else (title.runtime_s, None)
        )
        plays: list[Play] = [
            PlayStarted(title_id=title.title_id, episode_id=episode_id, runtime_s=runtime_s)
        ]
        plays += [
            PlayProgress(
                title_id=title.title_id,
                episode_id=episode_id,
                runtime_s=runtime_s,
                position_s=60 * minute,
                watched=((60 * (minute - 1), 60 * minute),),
            )
            for minute in range(1, minutes + 1)
        ]
        answer = self.post(
            *(
                self.event(body, origin, ago_ms=(minutes - minute) * MINUTE_MS)
                for minute, body in enumerate(plays)
            )
        )
        assert answer.accepted == len(plays)
        return runtime_s

    def request_page(self, **query: str | int) -> httpx.Response:
        """Request the page; the answer may be a problem."""
        parameters: dict[str, str | int] = {
            "device": "tv",
            "country": self.country,
            "ceiling": self.ceiling,
            **FULL_PAGE,
            **query,
        }
        return self.http.get(f"/v1/profiles/{self.profile_id}/page", params=parameters)

    def page(self, **query: str | int) -> PageAnswer:
        """Request the page and decode it."""
        answer = self.request_page(**query)
        assert answer.status_code == httpx.codes.OK, answer.text
        return msgspec.json.decode(answer.content, type=PageAnswer)

    def page_that(
        self, is_right: Callable[[PageAnswer], bool], deadline_s: float = DEADLINE_S
    ) -> PageAnswer:
        """Request pages until one is fresh, complete and right.

        On a busy machine single pages may miss a deadline.
        """
        return eventually(
            self.page,
            lambda page: page.rung == "fresh" and not page.degraded and is_right(page),
            deadline_s,
        )

    def fresh_page(self) -> PageAnswer:
        """Request pages until one is fresh and complete."""
        return self.page_that(lambda _: True)
