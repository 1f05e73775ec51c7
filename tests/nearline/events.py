"""Short ways to make events, and hypothesis strategies that draw them from tiny alphabets, so that
they meet.
"""

from dataclasses import dataclass, field
from typing import Any

from hypothesis import strategies as st

from shared.events.accept import AcceptedEvent, accept
from shared.events.body import Body
from shared.events.codec import encode, key_of
from shared.events.envelope import Origin
from shared.events.exposures import Browse, Impression
from shared.events.feedback import ListChange, Rating, Thumb
from shared.events.plays import PLAY_TYPES, PlayStarted
from shared.events.profiles import OnboardingPicks, ProfileFacts, SurveyAnswer
from shared.events.searches import SearchPerformed, SearchSelected
from shared.ids import EpisodeId, EventId, PageId, ProfileId, TitleId
from shared.log.port import OutgoingRecord

T0 = 1_700_000_000_000
LATER = T0 + 30 * 86_400_000


@dataclass(frozen=True)
class Said:
    """An event before it is encoded; equal ones are the same event sent twice."""

    event_id: str
    body: Body
    time_ms: int = T0
    profile_id: str = "p"
    envelope: dict[str, Any] = field(default_factory=dict)

    def value(self) -> bytes:
        return encode(
            self.body,
            event_id=EventId(self.event_id),
            event_time_ms=self.time_ms,
            profile_id=ProfileId(self.profile_id),
            **self.envelope,
        )

    def accepted(self) -> AcceptedEvent:
        return accept(self.value(), self.time_ms)

    def outgoing(self) -> OutgoingRecord:
        accepted = self.accepted()
        return OutgoingRecord(
            self.body.topic, key_of(accepted.envelope, accepted.body), self.value()
        )


def title(name: str) -> TitleId:
    return TitleId(name)


_titles = st.sampled_from(["a", "b", "c"]).map(TitleId)
_queries = st.sampled_from(["dark", "Dark ", "comedy"])
_seconds = st.integers(0, 600)


@st.composite
def plays(draw: st.DrawFn) -> Body:
    stretches = draw(
        st.lists(st.tuples(_seconds, _seconds).map(lambda pair: (min(pair), max(pair))), max_size=3)
    )
    return draw(st.sampled_from(PLAY_TYPES))(
        title_id=draw(_titles),
        episode_id=draw(st.sampled_from([None, EpisodeId("1"), EpisodeId("2")])),
        runtime_s=draw(st.sampled_from([500, 600])),
        position_s=draw(_seconds),
        watched=tuple(stretches),
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
        kind=st.sampled_from(["title_page", "scroll"]),
        title_id=st.one_of(st.none(), _titles),
    ),
)


def said(bodies: st.SearchStrategy[Body], profiles: str = "p") -> st.SearchStrategy[Said]:
    """Events of a few profiles within two days; the id is given afterwards, by `numbered`."""
    return st.builds(
        Said,
        event_id=st.just(""),
        body=bodies,
        time_ms=st.integers(0, 20).map(lambda step: T0 + step * 600_000),
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


def numbered(events: list[Said]) -> list[Said]:
    """The same events, each with an id of its own."""
    return [
        Said(f"e{index}", each.body, each.time_ms, each.profile_id, each.envelope)
        for index, each in enumerate(events)
    ]


def started(
    name: str, at_ms: int = T0, profile: str = "p", event_id: str = "start", **fields: Any
) -> Said:
    return Said(
        event_id,
        PlayStarted(title_id=TitleId(name), runtime_s=fields.pop("runtime_s", 3_000), **fields),
        at_ms,
        profile,
    )
