"""Plays: one part per title, with how far each episode was watched and where the playhead stands."""

from heapq import nlargest
from typing import Final

import msgspec

from nearline.handlers.base import Handler, Start, keep_latest, put
from shared.catalog.titles import FILM_PART
from shared.events.accept import AcceptedEvent
from shared.events.envelope import Order, order_of
from shared.events.plays import Play, PlayCompleted
from shared.ids import EpisodeId, TitleId
from shared.records.digest import RecentPlay, WatchedTitle
from shared.rules.intervals import Intervals, covered_seconds, union
from shared.rules.watching import (
    is_before_credits,
    is_playback_finished,
    is_started,
    watched_fraction,
)

PART = "title"
MAX_EPISODES: Final = 1_000
# Bounds the size of a title in the digest.
MAX_FINISHED_PARTS: Final = 500

BEFORE_ALL: Order = (0, 0, "")


class EpisodePart(msgspec.Struct, frozen=True, array_like=True):
    """One episode, or a film: all stretches seen, and what its latest event said.

    `finished` and `midway` are the latest events that showed the credits and the playhead clearly
    before them; `first` and `country` are of the earliest event.
    """

    episode_id: EpisodeId | None
    seen: Intervals
    last: Order
    position_s: int
    runtime_s: int
    device: str
    finished: Order
    midway: Order
    first: Order
    country: str | None
    utc_offset_min: int

    @property
    def seen_s(self) -> int:
        return covered_seconds(self.seen, self.runtime_s)

    @property
    def completed(self) -> bool:
        """Whether the credits were reached and it has not been begun again since."""
        return self.finished > self.midway


class TitlePart(msgspec.Struct, frozen=True, array_like=True):
    """All that was watched of a title: episode id (empty for a film) → episode."""

    title_id: TitleId
    episodes: dict[str, EpisodePart]


def part_of(event: AcceptedEvent) -> str | None:
    """The part of the event's title."""
    return f"{PART}:{event.body.title_id}" if isinstance(event.body, Play) else None


def fold(part: TitlePart | None, event: AcceptedEvent) -> TitlePart:
    """The title with one more event."""
    play = _play(event)
    episodes = part.episodes if part is not None else {}
    key = play.episode_id or FILM_PART
    episodes = put(episodes, key, _with_event(episodes.get(key), event, play))
    return TitlePart(
        play.title_id, keep_latest(episodes, MAX_EPISODES, lambda episode: episode.last)
    )


def start_of(part: TitlePart | None, event: AcceptedEvent) -> Start | None:
    """The start of the event's episode, once enough of it was watched to count.

    Its time and country are those of the earliest event known: should a late one move them, the
    difference moves the count.
    """
    play = _play(event)
    episode = part.episodes.get(play.episode_id or FILM_PART) if part is not None else None
    if episode is None or not is_started(episode.seen_s, episode.runtime_s):
        return None
    return Start(play.title_id, episode.country, episode.first[0])


def watched(part: TitlePart) -> WatchedTitle:
    """Where the profile stands in the title."""
    episode = max(part.episodes.values(), key=lambda each: each.last)
    return WatchedTitle(
        title_id=part.title_id,
        episode_id=episode.episode_id,
        position_s=episode.position_s,
        runtime_s=episode.runtime_s,
        seen_s=episode.seen_s,
        total_seen_s=sum(each.seen_s for each in part.episodes.values()),
        completed=episode.completed,
        last_ms=episode.last[0],
        device=episode.device,
        utc_offset_min=episode.utc_offset_min,
        finished_parts=_finished_parts(part),
    )


def _finished_parts(part: TitlePart) -> tuple[str, ...]:
    """The ids of the finished parts in ascending order; of too many, those watched last."""
    finished = {part_id: each for part_id, each in part.episodes.items() if each.completed}
    latest = nlargest(MAX_FINISHED_PARTS, finished, key=lambda part_id: finished[part_id].last)
    return tuple(sorted(latest))


def recent_play(title: WatchedTitle) -> RecentPlay:
    """The same as an entry of a history."""
    return RecentPlay(
        title.title_id,
        title.last_ms,
        watched_fraction(title.total_seen_s, title.runtime_s),
        title.device,
        title.utc_offset_min,
    )


def _with_event(episode: EpisodePart | None, event: AcceptedEvent, play: Play) -> EpisodePart:
    order = order_of(event.envelope)
    seen = union(episode.seen if episode else (), play.watched)
    finished = max(
        episode.finished if episode else BEFORE_ALL, order if _finishes(play) else BEFORE_ALL
    )
    midway = max(
        episode.midway if episode else BEFORE_ALL, order if _is_before_credits(play) else BEFORE_ALL
    )
    is_first = episode is None or order < episode.first
    first, country = (
        (order, event.envelope.country)
        if episode is None or is_first
        else (episode.first, episode.country)
    )
    if episode is not None and episode.last >= order:
        return msgspec.structs.replace(
            episode, seen=seen, finished=finished, midway=midway, first=first, country=country
        )
    said = event.envelope
    return EpisodePart(
        play.episode_id,
        seen,
        order,
        play.position_s,
        play.runtime_s,
        said.device,
        finished,
        midway,
        first,
        country,
        said.utc_offset_min or 0,
    )


def _finishes(play: Play) -> bool:
    return is_playback_finished(
        play.position_s, play.runtime_s, completed=isinstance(play, PlayCompleted)
    )


def _is_before_credits(play: Play) -> bool:
    return is_before_credits(
        play.position_s, play.runtime_s, completed=isinstance(play, PlayCompleted)
    )


def _play(event: AcceptedEvent) -> Play:
    if not isinstance(event.body, Play):
        raise TypeError(f"{event.envelope.type} is no play")
    return event.body


HANDLER = Handler(PART, TitlePart, part_of, fold, start_of)
