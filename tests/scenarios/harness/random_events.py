"""Random events of a few profiles and titles. They affect the same state so often that a wrong
order or a repetition changes the result.
"""

import random
from collections.abc import Sequence

from shared.clock import MINUTE_MS
from shared.events.body import Body
from shared.events.envelope import Origin
from shared.events.exposures import Browse, Impression
from shared.events.feedback import ListChange, Rating, Thumb
from shared.events.plays import PLAY_TYPES
from shared.events.profiles import ProfileFacts
from shared.events.searches import SearchPerformed, SearchSelected
from shared.ids import EpisodeId, PageId, TitleId
from tests.nearline.events import T0, SampleEvent

TITLES = tuple(TitleId(name) for name in "abcdef")
RUNTIME_S = 3_000


def random_events(profiles: Sequence[str], events: int, seed: int = 5) -> list[SampleEvent]:
    """`events` events of all profiles, mixed, in order of time."""
    rng = random.Random(seed)
    return [
        SampleEvent(
            event_id=f"e{number:06d}",
            body=_body(rng),
            # Three events in a row share an instant, so client_seq and log order decide.
            time_ms=T0 + number // 3 * MINUTE_MS,
            profile_id=rng.choice(profiles),
            envelope={
                "client_seq": rng.randrange(2),
                "country": rng.choice(("US", "DE")),
                "device": rng.choice(("tv", "phone")),
                "origin": rng.choice((None, Origin("home"), Origin("search"))),
            },
        )
        for number in range(events)
    ]


def _body(rng: random.Random) -> Body:
    title = rng.choice(TITLES)
    return rng.choices(
        (
            _play(rng, title),
            Thumb(title_id=title, value=rng.choice((-1, 0, 1))),
            ListChange(title_id=title, on_list=rng.random() < 0.7),
            Rating(title_id=title, stars=rng.choice((1.0, 3.5, 5.0))),
            ProfileFacts(maturity_ceiling=rng.choice((7, 18)), country=rng.choice(("US", "DE"))),
            SearchPerformed(query=rng.choice(("dark", "comedy"))),
            SearchSelected(query=rng.choice(("dark", "comedy")), title_id=title),
            Impression(
                page_id=PageId("g"), title_id=title, row=rng.randrange(3), column=rng.randrange(6)
            ),
            Browse(kind="title_page", title_id=title),
        ),
        weights=(40, 8, 6, 4, 2, 5, 5, 20, 10),
    )[0]


def _play(rng: random.Random, title: TitleId) -> Body:
    position_s = rng.randrange(60, RUNTIME_S)
    return rng.choice(PLAY_TYPES)(
        title_id=title,
        episode_id=rng.choice((None, EpisodeId("1"), EpisodeId("2"))),
        runtime_s=RUNTIME_S,
        position_s=position_s,
        watched=((max(0, position_s - rng.randrange(600)), position_s),),
    )
