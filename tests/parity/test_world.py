"""Nearline, online and the simulated world interpret the plays of a history equally."""

from collections import defaultdict
from collections.abc import Iterator
from dataclasses import dataclass

import pytest

from infra.world.catalog.titles import Playable
from infra.world.memory import TitleProgress, is_finished, is_resumable
from infra.world.settings import WorldSettings
from infra.world.world import World
from online.page.filters import viewed_titles
from online.page.model import ProfileSignals
from online.published.catalog_view import CatalogView
from shared.catalog.catalog import released_parts
from shared.catalog.titles import Title
from shared.events.accept import AcceptedEvent, accept
from shared.events.plays import Play
from shared.records.digest import Digest, LogPosition, WatchedTitle
from shared.rules.watching import is_title_finished
from tests.parity.tiers import in_nearline

NOW_MS = 1_700_000_000_000


@dataclass(frozen=True)
class PlayedTitle:
    """A title that a profile played, as nearline and as the world see it."""

    title: Title
    parts: Playable
    watched: WatchedTitle
    progress: TitleProgress


@pytest.fixture(scope="module")
def played_titles() -> list[PlayedTitle]:
    world = World.create(WorldSettings(titles=100, profiles=60, days=40, seed=5), NOW_MS)
    plays: defaultdict[tuple[str, str], list[AcceptedEvent]] = defaultdict(list)
    for topic, _, value in world.history():
        event = accept(value, NOW_MS, topic)
        if isinstance(event.body, Play) and event.envelope.profile_id is not None:
            plays[event.envelope.profile_id, event.body.title_id].append(event)
    return list(_played_titles(world, plays))


def _played_titles(
    world: World, plays: dict[tuple[str, str], list[AcceptedEvent]]
) -> Iterator[PlayedTitle]:
    for profile in world.profiles:
        memory = world.population.memories[profile.number]
        # A play that continues after the history is only in the memory.
        if memory.busy_until_ms >= NOW_MS:
            continue
        for number, progress in memory.progress.items():
            title = world.titles.catalog[number]
            watched = in_nearline(plays[profile.profile_id, title.title_id])
            yield PlayedTitle(title, world.titles.playable[number], watched, progress)


def test_the_same_parts_are_finished(played_titles: list[PlayedTitle]) -> None:
    for played in played_titles:
        assert set(played.watched.finished_parts) == played.progress.finished_parts


def test_the_same_titles_are_finished_and_some_are_series(played_titles: list[PlayedTitle]) -> None:
    finished_series = 0
    for played in played_titles:
        parts = released_parts(played.title, NOW_MS)
        finished = is_title_finished(parts, played.watched.finished_parts)
        assert is_finished(played.progress, played.parts, NOW_MS) is finished
        finished_series += finished and played.title.kind == "series"
    assert finished_series > 0


def test_the_same_titles_can_be_resumed(played_titles: list[PlayedTitle]) -> None:
    resumable = 0
    for played in played_titles:
        watched = played.watched
        digest = Digest(position=LogPosition(0, 0), as_of_ms=NOW_MS, watched=(watched,))
        view = CatalogView.of([played.title])
        (viewed,) = viewed_titles(ProfileSignals(digest=digest), view, NOW_MS)
        is_offered = viewed.resumable
        assert is_resumable(played.progress, played.parts, NOW_MS) is is_offered
        resumable += is_offered
    assert 0 < resumable < len(played_titles)
