"""The member and the titles that the demo chooses, and the events that it sends."""

import pytest

from infra.demo.actions import ProfileActions
from infra.demo.data import (
    DemoMember,
    choose_member,
    load_demo_data,
    title_to_reject,
    title_to_watch,
)
from shared.api.page import PageAnswer
from shared.catalog.catalog import Catalog
from shared.catalog.titles import EVERYWHERE, Episode, Title, Window
from shared.clock import MINUTE_MS, ManualClock
from shared.errors import SetupError
from shared.events.accept import accept
from shared.events.catalog import TitlePublished, TitleWithdrawn
from shared.events.codec import encode
from shared.events.envelope import Origin
from shared.events.feedback import Thumb
from shared.events.plays import PlayProgress, PlayStarted
from shared.ids import EpisodeId, EventId, ProfileId, TitleId
from shared.log.memory import MemoryLog
from shared.log.port import OutgoingRecord
from shared.log.topics import topic_specs
from shared.records.blob import pack
from shared.records.digest import DIGEST_PART, Digest, Facts, LogPosition, RecentPlay, WatchedTitle
from shared.store.memory import MemoryStore
from shared.store.port import Write
from shared.store.tables import PROFILE_STATE
from tests.answers import page_answer, tiles_of

NOW_MS = 1_700_000_000_000


def digest(plays: int, ceiling: int = 18, country: str = "NL") -> Digest:
    return Digest(
        position=LogPosition(1, 1),
        as_of_ms=0,
        received_ms=0,
        facts=Facts(ceiling, country, (), None),
        plays=tuple(
            RecentPlay(TitleId(f"t{number}"), number, 1.0, "tv") for number in range(plays)
        ),
        watched=tuple(
            WatchedTitle(
                TitleId(f"t{number}"),
                None,
                0,
                6000,
                6000,
                6000,
                completed=True,
                last_ms=number,
                device="tv",
            )
            for number in range(plays)
        ),
    )


def store_of(**digests: Digest) -> MemoryStore:
    store = MemoryStore(ManualClock())
    store.migrate([PROFILE_STATE])
    for profile_id, value in digests.items():
        store.write(
            [Write(PROFILE_STATE, (profile_id,), {(DIGEST_PART,): {"value": pack(value)}}, 1)]
        )
    return store


def film(title_id: str, minutes: int = 100) -> Title:
    return Title(
        title_id=TitleId(title_id),
        name=title_id.upper(),
        kind="film",
        genres=("Drama",),
        runtime_s=minutes * 60,
        launch_ms=0,
        windows=(Window(EVERYWHERE, 0),),
    )


def series(title_id: str, minutes: int) -> Title:
    episode = Episode(EpisodeId(f"{title_id}-e1"), 1, 1, minutes * 60, 0)
    return Title(
        title_id=TitleId(title_id),
        name=title_id.upper(),
        kind="series",
        genres=("Drama",),
        runtime_s=minutes * 60,
        launch_ms=0,
        windows=(Window(EVERYWHERE, 0),),
        episodes=(episode,),
    )


def page(*rows: tuple[str, list[str]]) -> PageAnswer:
    return page_answer(
        [(kind, tiles_of({title: title.upper() for title in titles})) for kind, titles in rows]
    )


def test_the_member_is_the_adult_closest_to_twenty_five_plays() -> None:
    store = store_of(few=digest(2), closest=digest(24), many=digest(90), kid=digest(25, ceiling=7))
    member = choose_member(
        store, [ProfileId(name) for name in ("few", "closest", "many", "kid", "missing")]
    )
    assert member.profile_id == "closest"
    assert member.country == "NL"


def test_a_store_without_adult_plays_is_reported() -> None:
    with pytest.raises(SetupError, match="no adult profile"):
        choose_member(
            store_of(kid=digest(5, ceiling=7), new=digest(0)), [ProfileId("kid"), ProfileId("new")]
        )


def test_profiles_come_from_the_store_and_the_catalog_from_the_log() -> None:
    log = MemoryLog(ManualClock())
    log.ensure_topics(topic_specs(2))
    producer = log.producer()
    published = [
        TitlePublished(title=film("a")),
        TitlePublished(title=film("withdrawn")),
        TitleWithdrawn(title_id=TitleId("withdrawn")),
    ]
    values = [
        encode(body, event_id=EventId(str(number)), event_time_ms=NOW_MS)
        for number, body in enumerate(published)
    ]
    for number, value in enumerate([*values, b"not an event"]):
        producer.send(OutgoingRecord("catalog", str(number).encode(), value)).result(5)
    data = load_demo_data(log, store_of(b=digest(3), a=digest(4)))
    assert data.profile_ids == ("a", "b")
    assert list(data.catalog.titles) == ["a"]


def test_a_series_that_twenty_minutes_do_not_finish_is_preferred_to_a_film() -> None:
    member = DemoMember(ProfileId("p"), "NL", digest(1))
    catalog = Catalog([film("t0"), film("f"), series("short", 20), series("long", 45)])
    title, row, column = title_to_watch(
        member, page(("top_picks", ["t0", "f", "short"]), ("new", ["f", "long"])), catalog, 1
    )
    assert (title.title_id, row, column) == ("long", 1, 1)


def test_a_film_is_watched_without_a_series_on_the_page() -> None:
    member = DemoMember(ProfileId("p"), "NL", digest(1))
    title, row, column = title_to_watch(
        member, page(("top_picks", ["t0", "f"])), Catalog([film("t0"), film("f")]), 1
    )
    assert (title.title_id, row, column) == ("f", 0, 1)


def test_a_page_with_seen_titles_only_is_reported() -> None:
    with pytest.raises(SetupError, match="has seen every title"):
        title_to_watch(
            DemoMember(ProfileId("p"), "NL", digest(1)),
            page(("top_picks", ["t0"])),
            Catalog([film("t0")]),
            1,
        )


def test_the_rejected_title_is_from_the_top_picks_if_there_are_any() -> None:
    candidates = page(("popular", ["x"]), ("top_picks", ["y", "z"]))
    assert title_to_reject(candidates, [TitleId("y")]) == ("z", "Z")
    assert title_to_reject(page(("popular", ["x"])), []) == ("x", "X")


def test_a_play_of_twenty_minutes_has_one_heartbeat_a_minute_and_ends_now() -> None:
    events = ProfileActions(ProfileId("p"), "NL").watch(
        series("s", 45), 20 * 60, NOW_MS, Origin(kind="home", row=1, column=2)
    )
    accepted = [accept(event, NOW_MS, "signals") for event in events]
    first, *heartbeats = (event.body for event in accepted)
    assert isinstance(first, PlayStarted)
    assert accepted[0].envelope.event_time_ms == NOW_MS - 20 * MINUTE_MS
    assert accepted[-1].envelope.event_time_ms == NOW_MS
    watched = [beat.watched for beat in heartbeats if isinstance(beat, PlayProgress)]
    assert len(watched) == len(heartbeats)
    assert watched == [((second, second + 60),) for second in range(0, 1200, 60)]
    assert len({event.envelope.event_id for event in accepted}) == 21
    assert {event.envelope.play_id for event in accepted} == {accepted[0].envelope.play_id}


def test_a_thumb_down_is_a_valid_event() -> None:
    accepted = accept(
        ProfileActions(ProfileId("p"), "NL").thumb_down(TitleId("t"), NOW_MS), NOW_MS, "signals"
    )
    assert accepted.body == Thumb(title_id=TitleId("t"), value=-1)
