"""The past of a world as the platform receives it."""

import hashlib
from collections import Counter
from dataclasses import replace

import pytest

from infra.world import World, generate
from shared.clock import ManualClock
from shared.events.catalog import TitlePublished
from shared.events.codec import key_of
from shared.events.exposures import Impression, PageServed
from shared.events.plays import Play, PlayCompleted, PlayStarted, PlayStopped
from shared.events.profiles import ProfileFacts
from shared.events.searches import SearchSelected
from shared.log.memory import MemoryLog
from shared.log.port import Partition
from shared.log.topics import topic_specs
from tests.world.conftest import NOW_MS, SMALL, WorldHistory

TINY = replace(SMALL, titles=60, profiles=12, days=4)


def _fingerprint(world: World) -> str:
    digest = hashlib.sha256()
    for topic, key, value in world.history():
        digest.update(topic.encode() + b"\0" + key + b"\0" + value + b"\n")
    return digest.hexdigest()


def test_the_same_seed_and_time_give_the_same_bytes() -> None:
    assert _fingerprint(World.create(TINY, NOW_MS)) == _fingerprint(World.create(TINY, NOW_MS))


def test_another_seed_gives_another_world() -> None:
    assert _fingerprint(World.create(TINY, NOW_MS)) != _fingerprint(
        World.create(replace(TINY, seed=TINY.seed + 1), NOW_MS)
    )


def test_a_history_can_run_only_once() -> None:
    world = World.create(TINY, NOW_MS)
    world.run_history()
    with pytest.raises(RuntimeError, match="only once"):
        world.history()


def test_events_are_valid_and_come_by_time_before_now(history: WorldHistory) -> None:
    times = [one.envelope.event_time_ms for one in history.accepted]
    assert times == sorted(times)
    assert times[-1] < NOW_MS
    assert times[0] == history.world.start_ms


def test_event_ids_are_unique_and_keys_are_those_of_the_codec(history: WorldHistory) -> None:
    ids = Counter(one.envelope.event_id for one in history.accepted)
    assert ids.most_common(1)[0][1] == 1
    assert all(
        key == key_of(one.envelope, one.body)
        for (_, key, _), one in zip(history.events, history.accepted, strict=True)
    )


def test_a_profile_states_its_facts_before_anything_else(history: WorldHistory) -> None:
    first: dict[str, type] = {}
    for one in history.accepted:
        if one.envelope.profile_id is not None:
            first.setdefault(one.envelope.profile_id, type(one.body))
    assert set(first.values()) == {ProfileFacts}
    assert len(first) == SMALL.profiles


def test_a_client_numbers_its_events_in_the_order_of_time(history: WorldHistory) -> None:
    last: dict[str, int] = {}
    for one in history.accepted:
        profile = one.envelope.profile_id
        if profile is not None:
            assert one.envelope.client_seq > last.get(profile, 0)
            last[profile] = one.envelope.client_seq


def test_titles_are_told_of_before_they_are_shown_and_some_are_still_unannounced(
    history: WorldHistory,
) -> None:
    told = set()
    for one in history.accepted:
        if isinstance(one.body, TitlePublished):
            told.add(one.body.title.title_id)
        elif isinstance(one.body, PageServed):
            assert all(tile.title_id in told for row in one.body.rows for tile in row.tiles)
    waiting = {title.title_id for title in history.world.unannounced()}
    assert waiting
    assert not waiting & told


def test_no_page_holds_what_its_profile_may_not_see(history: WorldHistory) -> None:
    catalog, ceiling = (
        history.catalog,
        {profile.profile_id: profile.ceiling for profile in history.world.profiles},
    )
    kids_pages = 0
    for one in history.accepted:
        if isinstance(one.body, PageServed) and one.envelope.profile_id is not None:
            allowed = ceiling[one.envelope.profile_id]
            kids_pages += allowed <= 12
            for tile in (tile for row in one.body.rows for tile in row.tiles):
                title = catalog[tile.title_id]
                assert (title.maturity or 0) <= allowed
                assert title.launch_ms <= one.envelope.event_time_ms
                assert any(
                    window.country in {"*", one.envelope.country} for window in title.windows
                )
    assert kids_pages > 0


def test_an_impression_and_a_play_from_home_name_the_tile_that_was_served(
    history: WorldHistory,
) -> None:
    pages = {
        one.body.page_id: one.body for one in history.accepted if isinstance(one.body, PageServed)
    }
    from_home = 0
    for one in history.accepted:
        origin = one.envelope.origin
        if (
            isinstance(one.body, (Impression, PlayStarted))
            and origin is not None
            and origin.kind == "home"
        ):
            assert origin.page_id is not None
            assert origin.row is not None
            assert origin.column is not None
            tile = pages[origin.page_id].rows[origin.row].tiles[origin.column]
            assert (tile.title_id, tile.token) == (one.body.title_id, origin.token)
            from_home += isinstance(one.body, PlayStarted)
    assert from_home > 100


def test_a_play_found_by_search_follows_its_selection(history: WorldHistory) -> None:
    selected = {
        (one.envelope.visit_id, one.body.title_id)
        for one in history.accepted
        if isinstance(one.body, SearchSelected)
    }
    found = [
        (one.envelope.visit_id, one.body.title_id)
        for one in history.accepted
        if isinstance(one.body, PlayStarted)
        and one.envelope.origin is not None
        and one.envelope.origin.kind == "search"
    ]
    assert found
    assert set(found) <= selected


def test_every_play_but_those_cut_by_the_end_starts_once_and_ends_once(
    history: WorldHistory,
) -> None:
    course: dict[str, list[Play]] = {}
    for one in history.accepted:
        if isinstance(one.body, Play) and one.envelope.play_id is not None:
            course.setdefault(one.envelope.play_id, []).append(one.body)
    ended = [
        plays for plays in course.values() if isinstance(plays[-1], (PlayStopped, PlayCompleted))
    ]
    assert len(ended) > 0.98 * len(course)
    for plays in course.values():
        assert [type(play) for play in plays].count(PlayStarted) == 1
        assert isinstance(plays[0], PlayStarted)
    for plays in ended:
        seen = {
            second for play in plays for start, end in play.watched for second in range(start, end)
        }
        assert len(seen) == plays[-1].position_s - plays[0].position_s, (
            "what was seen is one stretch, whatever was seen twice"
        )


def test_generate_writes_the_whole_history_and_says_how_far_it_is() -> None:
    log, counts = MemoryLog(ManualClock(NOW_MS)), list[int]()
    log.ensure_topics(topic_specs(2))
    producer = log.producer()
    written = generate(World.create(TINY, NOW_MS), producer, counts.append)
    partitions = [
        Partition(topic, index)
        for topic, count in (("signals", 2), ("exposures", 2), ("catalog", 1))
        for index in range(count)
    ]
    assert written == sum(log.end_offset(partition) for partition in partitions) == counts[-1]
    assert counts == sorted(counts)
