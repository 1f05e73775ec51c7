"""Sample events, and hypothesis strategies that draw them from small alphabets, so that they
concern the same titles and profiles.
"""

from dataclasses import dataclass, field, replace
from typing import Any, Literal

from hypothesis import strategies as st

from shared.clock import DAY_MS, MINUTE_MS
from shared.events.accept import AcceptedEvent, accept
from shared.events.body import Body
from shared.events.codec import encode, key_of
from shared.events.envelope import Origin
from shared.events.exposures import Browse, Impression
from shared.events.feedback import ListChange, Rating, Thumb
from shared.events.plays import PLAY_TYPES
from shared.events.profiles import OnboardingPicks, ProfileFacts, SurveyAnswer
from shared.events.searches import SearchPerformed, SearchSelected
from shared.ids import EpisodeId, EventId, PageId, ProfileId, TitleId
from shared.log.port import OutgoingRecord

T0 = 1_700_000_000_000
LATER = T0 + 30 * DAY_MS


@dataclass(frozen=True)
class SampleEvent:
    """An event before it is encoded; equal ones are the same event sent twice."""

    event_id: str
    body: Body
    time_ms: int = T0
    profile_id: str = "p"
    envelope: dict[str, Any] = field(default_factory=dict)

    def value(self) -> bytes:
        """The event as JSON."""
        return encode(
            self.body,
            event_id=EventId(self.event_id),
            event_time_ms=self.time_ms,
            profile_id=ProfileId(self.profile_id),
            **self.envelope,
        )

    def accepted(self) -> AcceptedEvent:
        """The event as a worker reads it."""
        return accept(self.value(), self.time_ms)

    def outgoing(self) -> OutgoingRecord:
        """The event as a producer sends it."""
        accepted = self.accepted()
        key = key_of(accepted.envelope, accepted.body)
        return OutgoingRecord(self.body.topic, key, self.value())


def title(name: str) -> TitleId:
    """The id of a title."""
    return TitleId(name)


def thumb(
    event_id: str,
    name: str = "a",
    value: Literal[-1, 0, 1, 2] = 1,
    at_ms: int = T0,
    profile: str = "p",
) -> SampleEvent:
    """A thumb for a title; by default a thumb up."""
    return SampleEvent(event_id, Thumb(title_id=title(name), value=value), at_ms, profile)


_titles = st.sampled_from(["a", "b", "c"]).map(TitleId)
_queries = st.sampled_from(["dark", "Dark ", "comedy"])
_seconds = st.integers(0, 600)


@st.composite
def plays(draw: st.DrawFn) -> Body:
    """Play events of all types, with a few intervals."""
    interval = st.tuples(_seconds, _seconds).map(lambda ends: (min(ends), max(ends)))
    return draw(st.sampled_from(PLAY_TYPES))(
        title_id=draw(_titles),
        episode_id=draw(st.sampled_from([None, EpisodeId("1"), EpisodeId("2")])),
        runtime_s=draw(st.sampled_from([500, 600])),
        position_s=draw(_seconds),
        watched=tuple(draw(st.lists(interval, max_size=3))),
    )


signals = st.one_of(
    plays(),
    st.builds(Thumb, title_id=_titles, value=st.sampled_from([-1, 0, 1, 2])),
    st.builds(ListChange, title_id=_titles, on_list=st.booleans()),
    st.builds(Rating, title_id=_titles, stars=st.sampled_from([1.0, 4.5])),
    st.builds(
        ProfileFacts,
        maturity_ceiling=st.sampled_from([7, 18]),
        country=st.sampled_from(["US", "DE"]),
    ),
    st.builds(OnboardingPicks, title_ids=st.lists(_titles, max_size=2).map(tuple)),
    st.builds(SurveyAnswer, title_id=_titles, satisfaction=st.sampled_from([1, 5])),
    st.builds(SearchPerformed, query=_queries),
    st.builds(SearchSelected, query=_queries, title_id=_titles),
)
exposures = st.one_of(
    st.builds(
        Impression,
        page_id=st.just(PageId("g")),
        title_id=_titles,
        row=st.integers(0, 2),
        column=st.integers(0, 2),
    ),
    st.builds(
        Browse,
        kind=st.sampled_from(["title_page", "trailer", "scroll"]),
        title_id=st.one_of(st.none(), _titles),
    ),
)


def sample_events(
    bodies: st.SearchStrategy[Body], profiles: str = "p"
) -> st.SearchStrategy[SampleEvent]:
    """Events of a few profiles within some hours; `numbered` gives them their ids."""
    return st.builds(
        SampleEvent,
        event_id=st.just(""),
        body=bodies,
        time_ms=st.integers(0, 20).map(lambda step: T0 + step * 10 * MINUTE_MS),
        profile_id=st.sampled_from(list(profiles)),
        envelope=st.fixed_dictionaries(
            {
                "client_seq": st.integers(0, 2),
                "country": st.sampled_from([None, "US", "DE"]),
                "device": st.sampled_from(["tv", "phone"]),
                "origin": st.sampled_from([None, Origin("search"), Origin("home")]),
            }
        ),
    )


def numbered(events: list[SampleEvent]) -> list[SampleEvent]:
    """The same events with unique ids."""
    return [replace(event, event_id=f"e{index}") for index, event in enumerate(events)]
