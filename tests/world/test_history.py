"""The history of a world as the platform receives it."""

import hashlib
from collections import Counter
from dataclasses import replace

import pytest

from infra.world.world import World, generate
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


def test_events_are_valid_and_in_time_order_before_now(history: WorldHistory) -> None:
    times = [event.envelope.event_time_ms for event in history.accepted]
    assert times == sorted(times)
    assert times[-1] < NOW_MS
    assert times[0] == history.world.start_ms


def test_event_ids_are_unique_and_keys_equal_the_codec_s_keys(history: WorldHistory) -> None:
    ids = Counter(event.envelope.event_id for event in history.accepted)
    assert ids.most_common(1)[0][1] == 1
    assert all(
        key == key_of(event.envelope, event.body)
        for (_, key, _), event in zip(history.events, history.accepted, strict=True)
    )


def test_the_first_event_of_a_profile_has_its_facts(history: WorldHistory) -> None:
    first: dict[str, type] = {}
    for event in history.accepted:
        if event.envelope.profile_id is not None:
            first.setdefault(event.envelope.profile_id, type(event.body))
    assert set(first.values()) == {ProfileFacts}
    assert len(first) == SMALL.profiles


def test_client_sequence_numbers_increase_with_time(history: WorldHistory) -> None:
    last: dict[str, int] = {}
    for event in history.accepted:
        profile = event.envelope.profile_id
        if profile is not None:
            assert event.envelope.client_seq > last.get(profile, 0)
            last[profile] = event.envelope.client_seq


def test_titles_are_published_before_they_are_shown_and_some_are_unannounced(
    history: WorldHistory,
) -> None:
    published = set()
    for event in history.accepted:
        if isinstance(event.body, TitlePublished):
            published.add(event.body.title.title_id)
        elif isinstance(event.body, PageServed):
            assert all(tile.title_id in published for row in event.body.rows for tile in row.tiles)
    unannounced = {title.title_id for title in history.world.unannounced()}
    assert unannounced
    assert not unannounced & published


def test_pages_contain_only_eligible_titles(history: WorldHistory) -> None:
    catalog, ceiling = (
        history.catalog,
        {profile.profile_id: profile.ceiling for profile in history.world.profiles},
    )
    kids_pages = 0
    for event in history.accepted:
        if isinstance(event.body, PageServed) and event.envelope.profile_id is not None:
            allowed = ceiling[event.envelope.profile_id]
            kids_pages += allowed <= 12
            for tile in (tile for row in event.body.rows for tile in row.tiles):
                title = catalog[tile.title_id]
                assert (title.maturity or 0) <= allowed
                assert title.launch_ms <= event.envelope.event_time_ms
                assert any(
                    window.country in {"*", event.envelope.country} for window in title.windows
                )
    assert kids_pages > 0


def test_impressions_and_plays_from_home_have_the_position_and_token_of_a_served_tile(
    history: WorldHistory,
) -> None:
    pages = {
        event.body.page_id: event.body
        for event in history.accepted
        if isinstance(event.body, PageServed)
    }
    from_home = 0
    for event in history.accepted:
        origin = event.envelope.origin
        if (
            isinstance(event.body, (Impression, PlayStarted))
            and origin is not None
            and origin.kind == "home"
        ):
            assert origin.page_id is not None
            assert origin.row is not None
            assert origin.column is not None
            tile = pages[origin.page_id].rows[origin.row].tiles[origin.column]
            assert (tile.title_id, tile.token) == (event.body.title_id, origin.token)
            from_home += isinstance(event.body, PlayStarted)
    assert from_home > 100


def test_a_play_with_search_origin_has_a_selected_search_result(history: WorldHistory) -> None:
    selected = {
        (event.envelope.visit_id, event.body.title_id)
        for event in history.accepted
        if isinstance(event.body, SearchSelected)
    }
    plays = [
        (event.envelope.visit_id, event.body.title_id)
        for event in history.accepted
        if isinstance(event.body, PlayStarted)
        and event.envelope.origin is not None
        and event.envelope.origin.kind == "search"
    ]
    assert plays
    assert set(plays) <= selected


def test_every_play_starts_once_and_ends_once_unless_the_history_ends_before(
    history: WorldHistory,
) -> None:
    plays_by_id: dict[str, list[Play]] = {}
    for event in history.accepted:
        if isinstance(event.body, Play) and event.envelope.play_id is not None:
            plays_by_id.setdefault(event.envelope.play_id, []).append(event.body)
    ended = [
        plays
        for plays in plays_by_id.values()
        if isinstance(plays[-1], (PlayStopped, PlayCompleted))
    ]
    assert len(ended) > 0.98 * len(plays_by_id)
    for plays in plays_by_id.values():
        assert [type(play) for play in plays].count(PlayStarted) == 1
        assert isinstance(plays[0], PlayStarted)
    for plays in ended:
        seen = {
            second for play in plays for start, end in play.watched for second in range(start, end)
        }
        assert len(seen) == plays[-1].position_s - plays[0].position_s, (
            "what was seen is one stretch, whatever was seen twice"
        )


def test_generate_writes_the_whole_history_and_reports_progress() -> None:
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
