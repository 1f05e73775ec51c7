"""Plays: one part per title with the progress of each episode, and the counter of started plays."""

from collections.abc import Iterable
from heapq import nlargest
from typing import Final

import msgspec

from nearline.handlers.base import DigestFields, Handler, keep_latest, with_entry
from nearline.handlers.effects import CounterDelta, CounterSpec, Effects
from shared.catalog.titles import FILM_PART
from shared.clock import DAY_MS, MINUTE_MS
from shared.events.accept import AcceptedEvent
from shared.events.envelope import Order, order_of
from shared.events.plays import PLAY_TYPES, Play, PlayCompleted
from shared.ids import EpisodeId, TitleId
from shared.records.digest import RecentPlay, WatchedTitle
from shared.records.tallies import GLOBAL_SCOPE, TRENDING
from shared.rules.intervals import Intervals, covered_seconds, union
from shared.rules.watching import (
    is_before_credits,
    is_playback_finished,
    is_started,
    watched_fraction,
)
from shared.topics import SIGNALS

# A guess: more episodes than almost any series has.
MAX_EPISODES: Final = 1_000
# Limits of the digest, which pages read; guesses. The parts have more entries.
DIGEST_WATCHED: Final = 400
DIGEST_PLAYS: Final = 200
DIGEST_FINISHED_PARTS: Final = 500

STARTS: Final = CounterSpec(TRENDING, SIGNALS, bucket_ms=5 * MINUTE_MS, retention_ms=2 * DAY_MS)
"""Started plays, once per episode or film of a profile. Both durations are guesses."""

BEFORE_ALL: Final[Order] = (0, 0, "")


class EpisodePart(msgspec.Struct, frozen=True, array_like=True):
    """One episode, or a film: all watched intervals, and the state after its latest event.

    `finished` and `before_credits` are the orders of the latest events with the playhead in the
    credits and clearly before them. `first` and `country` are those of the earliest event.
    """

    episode_id: EpisodeId | None
    watched: Intervals
    last: Order
    position_s: int
    runtime_s: int
    device: str
    finished: Order
    before_credits: Order
    first: Order
    country: str | None
    utc_offset_min: int

    @property
    def seen_s(self) -> int:
        """Length of the union of the watched intervals."""
        return covered_seconds(self.watched, self.runtime_s)

    @property
    def is_finished(self) -> bool:
        """Whether its playback was finished and it has not been started again since."""
        return self.finished > self.before_credits


class TitlePart(msgspec.Struct, frozen=True, array_like=True):
    """A title's episodes by id (FILM_PART for a film)."""

    title_id: TitleId
    episodes: dict[str, EpisodePart]


def part_key(event: AcceptedEvent) -> str | None:
    """The event's title."""
    return event.body.title_id if isinstance(event.body, Play) else None


def fold(part: TitlePart | None, event: AcceptedEvent) -> tuple[TitlePart, Effects]:
    """Fold a play event into its episode.

    The effects count an episode's start once, at its earliest event. When a late event changes the
    earliest time or its country, they withdraw the counted start and count the new one.
    """
    play = event.body
    if not isinstance(play, Play):
        raise TypeError(f"{event.envelope.type} is not a play")
    episodes = part.episodes if part is not None else {}
    episode_key = play.episode_id or FILM_PART
    previous = episodes.get(episode_key)
    updated = with_entry(episodes, episode_key, _with_event(previous, event, play))
    latest = keep_latest(updated, MAX_EPISODES, lambda episode: episode.last)
    effects = _start_deltas(play.title_id, previous, latest.get(episode_key))
    return TitlePart(play.title_id, latest), effects


def summarize(part: TitlePart) -> WatchedTitle:
    """The profile's progress in the title."""
    episode = max(part.episodes.values(), key=lambda episode: episode.last)
    return WatchedTitle(
        title_id=part.title_id,
        episode_id=episode.episode_id,
        position_s=episode.position_s,
        runtime_s=episode.runtime_s,
        seen_s=episode.seen_s,
        total_seen_s=sum(episode.seen_s for episode in part.episodes.values()),
        completed=episode.is_finished,
        last_ms=episode.last[0],
        device=episode.device,
        utc_offset_min=episode.utc_offset_min,
        finished_parts=_finished_parts(part),
    )


def digest_fields(titles: Iterable[WatchedTitle]) -> DigestFields:
    """The titles watched last, newest first, and the history for models, oldest first."""
    latest = nlargest(DIGEST_WATCHED, titles, key=lambda title: (title.last_ms, title.title_id))
    history = tuple(_recent_play(title) for title in reversed(latest[:DIGEST_PLAYS]))
    return {"watched": tuple(latest), "plays": history}


def _with_event(episode: EpisodePart | None, event: AcceptedEvent, play: Play) -> EpisodePart:
    envelope, order = event.envelope, order_of(event.envelope)
    if episode is None:
        episode = EpisodePart(
            episode_id=play.episode_id,
            watched=(),
            last=BEFORE_ALL,
            position_s=play.position_s,
            runtime_s=play.runtime_s,
            device=envelope.device,
            finished=BEFORE_ALL,
            before_credits=BEFORE_ALL,
            first=order,
            country=envelope.country,
            utc_offset_min=envelope.utc_offset_min or 0,
        )
    is_completed = isinstance(play, PlayCompleted)
    position_s, runtime_s = play.position_s, play.runtime_s
    changes: dict[str, object] = {"watched": union(episode.watched, play.watched)}
    if is_playback_finished(position_s, runtime_s, completed=is_completed):
        changes["finished"] = max(episode.finished, order)
    if is_before_credits(position_s, runtime_s, completed=is_completed):
        changes["before_credits"] = max(episode.before_credits, order)
    if order < episode.first:
        changes |= {"first": order, "country": envelope.country}
    if order > episode.last:
        changes |= {
            "last": order,
            "position_s": position_s,
            "runtime_s": runtime_s,
            "device": envelope.device,
            "utc_offset_min": envelope.utc_offset_min or 0,
        }
    return msgspec.structs.replace(episode, **changes)


def _start_deltas(
    title_id: TitleId, previous: EpisodePart | None, current: EpisodePart | None
) -> Effects:
    counted = _start_of(title_id, current, 1.0)
    if counted == _start_of(title_id, previous, 1.0):
        return ()
    return _start_of(title_id, previous, -1.0) + counted


def _start_of(
    title_id: TitleId, episode: EpisodePart | None, amount: float
) -> tuple[CounterDelta, ...]:
    """The deltas of a counted start: one worldwide and, if the country is known, one for it."""
    if episode is None or not is_started(episode.seen_s, episode.runtime_s):
        return ()
    scopes = sorted({GLOBAL_SCOPE, episode.country or GLOBAL_SCOPE})
    time_ms = episode.first[0]
    return tuple(CounterDelta(STARTS.name, scope, title_id, time_ms, amount) for scope in scopes)


def _finished_parts(part: TitlePart) -> tuple[str, ...]:
    """The ids of the finished episodes in ascending order; at most those watched last."""
    episodes = part.episodes
    finished = [key for key, episode in episodes.items() if episode.is_finished]
    return tuple(sorted(nlargest(DIGEST_FINISHED_PARTS, finished, lambda key: episodes[key].last)))


def _recent_play(title: WatchedTitle) -> RecentPlay:
    return RecentPlay(
        title.title_id,
        title.last_ms,
        watched_fraction(title.total_seen_s, title.runtime_s),
        title.device,
        title.utc_offset_min,
    )


HANDLER = Handler(
    name="title",
    version=1,
    events=PLAY_TYPES,
    part_type=TitlePart,
    part_key=part_key,
    fold=fold,
    summarize=summarize,
    digest_fields=digest_fields,
    counters=(STARTS,),
)
