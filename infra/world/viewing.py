"""The events that a player reports during a viewing, and how the viewing changes the memory."""

from dataclasses import dataclass
from typing import Final, Literal, NamedTuple

import numpy as np

from infra.world.catalog.titles import Titles
from infra.world.memory import Memory, TitleProgress, is_finished, is_part_finished
from infra.world.profiles import SimulatedProfile
from infra.world.settings import ViewingSettings
from shared.events.body import Body
from shared.events.envelope import Origin
from shared.events.feedback import ListChange, Thumb
from shared.events.plays import (
    Interval,
    Play,
    PlayCompleted,
    PlayPaused,
    PlayProgress,
    PlayResumed,
    PlayStarted,
    PlayStopped,
)
from shared.ids import EpisodeId, PlayId, TitleId

_MIN_PLAY_S: Final = 20
_MIN_BUDGET_S: Final = 120
_SEEK_BACK_S: Final = 30
_NEXT_EPISODE_MS: Final = 5_000


class EventDraft(NamedTuple):
    """One event without its envelope."""

    time_ms: int
    body: Body
    play_id: PlayId | None = None
    origin: Origin | None = None


@dataclass(frozen=True, slots=True)
class Viewing:
    """One profile watching one title in one visit: every input of the draw but the generator."""

    profile: SimulatedProfile
    memory: Memory
    title: int
    satisfied: bool
    start_ms: int
    budget_s: int
    play_id_prefix: str
    origin: Origin


@dataclass(frozen=True, slots=True)
class _Play:
    """One play of one part, from the first frame to the stop."""

    title_id: TitleId
    play_id: PlayId
    origin: Origin
    episode_id: EpisodeId | None
    runtime_s: int
    start_ms: int
    begin_s: int
    end_s: int
    """Playhead at the stop; after `begin_s`."""

    def event(
        self,
        kind: type[Play],
        time_ms: int,
        position_s: int,
        watched: tuple[Interval, ...] = (),
    ) -> EventDraft:
        """An event of this play."""
        body = kind(
            title_id=self.title_id,
            runtime_s=self.runtime_s,
            position_s=position_s,
            episode_id=self.episode_id,
            watched=watched,
        )
        return EventDraft(time_ms, body, self.play_id, self.origin)


class ViewingSimulator:
    """Draws how much of a title is watched, episode after episode, and reports it."""

    def __init__(self, settings: ViewingSettings, titles: Titles) -> None:
        self._settings = settings
        self._titles = titles
        self._budgets = dict(settings.budget_min)

    def budget_s(self, device: str, title: int, rng: np.random.Generator) -> int:
        """Draw the seconds that a visitor has for this title."""
        median = self._budgets.get(device, self._budgets["web"])
        factor = 1.0 if self._titles.is_series[title] else self._settings.film_budget_factor
        minutes = median * factor * np.exp(self._settings.budget_spread * rng.normal())
        return max(_MIN_BUDGET_S, int(60 * minutes))

    def watch(self, viewing: Viewing, rng: np.random.Generator) -> list[EventDraft]:
        """Every event from the first play to the thumb, in time order; updates `viewing.memory`."""
        events: list[EventDraft] = []
        parts = self._titles.playable[viewing.title]
        progress = self._progress(viewing)
        released = parts.released(viewing.start_ms)
        now_ms, budget_s = viewing.start_ms, viewing.budget_s
        plays = 0
        while progress.next_part < released and budget_s > _MIN_PLAY_S:
            play = self._draw_play(viewing, progress, now_ms, budget_s, plays, rng)
            progress.begin_play(parts)
            events.extend(self._report(play, rng))
            now_ms, budget_s, plays = (
                events[-1].time_ms,
                budget_s - (play.end_s - play.begin_s),
                plays + 1,
            )
            progress.last_ms = now_ms
            if not progress.end_play(parts, play.end_s):
                break
            if not viewing.satisfied or rng.random() >= viewing.profile.binge:
                break
            now_ms += _NEXT_EPISODE_MS
        self._update_memory(viewing, progress, now_ms)
        events.extend(self._feedback(viewing, now_ms, rng))
        viewing.memory.busy_until_ms = now_ms
        return events

    def _progress(self, viewing: Viewing) -> TitleProgress:
        """The progress to continue from; a finished title starts again at its first part."""
        memory, title = viewing.memory, viewing.title
        progress = memory.progress.setdefault(title, TitleProgress())
        if is_finished(progress, self._titles.playable[title], viewing.start_ms):
            progress.restart()
        progress.given_up = False
        return progress

    def _draw_play(
        self,
        viewing: Viewing,
        progress: TitleProgress,
        start_ms: int,
        budget_s: int,
        number: int,
        rng: np.random.Generator,
    ) -> _Play:
        parts, part = self._titles.playable[viewing.title], progress.next_part
        runtime_s = parts.runtimes_s[part]
        stop_s = self._stop_position(viewing, progress, runtime_s, budget_s, rng)
        begin_s = min(progress.position_s, runtime_s - 1)
        return _Play(
            title_id=self._titles.catalog[viewing.title].title_id,
            play_id=PlayId(f"{viewing.play_id_prefix}.{number}"),
            origin=viewing.origin,
            episode_id=parts.episode_id(part),
            runtime_s=runtime_s,
            start_ms=start_ms,
            begin_s=begin_s,
            end_s=begin_s + max(stop_s - begin_s, 1),
        )

    def _stop_position(
        self,
        viewing: Viewing,
        progress: TitleProgress,
        runtime_s: int,
        budget_s: int,
        rng: np.random.Generator,
    ) -> int:
        """The playhead at the stop.

        A satisfied visitor stops within the credits or when the budget is spent, others earlier.
        """
        if viewing.satisfied:
            credits_at = int(runtime_s * (1 - self._settings.credits_share))
            return min(
                credits_at + int(rng.integers(0, max(1, runtime_s - credits_at))),
                max(progress.position_s + budget_s, 1),
                runtime_s,
            )
        share = float(rng.beta(*self._settings.disliked))
        watched_s = _MIN_PLAY_S + int(share * (runtime_s - progress.position_s))
        return min(progress.position_s + min(watched_s, budget_s), runtime_s)

    def _report(self, play: _Play, rng: np.random.Generator) -> list[EventDraft]:
        """The events of one play: start, heartbeats, at most one pause and one seek, the end."""
        now_ms, position = play.start_ms, play.begin_s
        events = [play.event(PlayStarted, now_ms, position)]
        pause_at = self._draw_position(play, self._settings.pause_share, rng)
        seek_at = self._draw_position(play, self._settings.seek_share, rng)
        while position < play.end_s:
            target = min(position + self._settings.heartbeat_s, play.end_s)
            if pause_at is not None and position < pause_at < target:
                target = pause_at
            now_ms += (target - position) * 1000
            watched: list[Interval] = [(position, target)]
            if seek_at is not None and position < seek_at <= target:
                back = max(play.begin_s, target - _SEEK_BACK_S)
                watched.append((back, target))
                now_ms += (target - back) * 1000
                seek_at = None
            position = target
            if position == pause_at and position < play.end_s:
                events.append(play.event(PlayPaused, now_ms, position, tuple(watched)))
                now_ms += int(rng.integers(60, 900)) * 1000
                events.append(play.event(PlayResumed, now_ms, position))
            elif position < play.end_s:
                events.append(play.event(PlayProgress, now_ms, position, tuple(watched)))
            else:
                last = PlayCompleted if is_part_finished(position, play.runtime_s) else PlayStopped
                events.append(play.event(last, now_ms, position, tuple(watched)))
        return events

    def _draw_position(
        self, play: _Play, probability: float, rng: np.random.Generator
    ) -> int | None:
        """A position of the play at which something happens with this probability, or None."""
        if rng.random() >= probability:
            return None
        return play.begin_s + int(rng.integers(1, play.end_s - play.begin_s + 1))

    def _update_memory(self, viewing: Viewing, progress: TitleProgress, now_ms: int) -> None:
        memory, title = viewing.memory, viewing.title
        memory.times_shown[title] = 0.0
        if is_finished(progress, self._titles.playable[title], now_ms):
            return
        progress.given_up = not viewing.satisfied
        if viewing.satisfied:
            memory.given_up.discard(title)
        else:
            memory.given_up.add(title)

    def _feedback(
        self, viewing: Viewing, now_ms: int, rng: np.random.Generator
    ) -> list[EventDraft]:
        """A thumb with the profile's probability; a finished title is removed from My List."""
        events: list[EventDraft] = []
        title_id: TitleId = self._titles.catalog[viewing.title].title_id
        memory, title = viewing.memory, viewing.title
        if rng.random() < viewing.profile.thumb:
            is_faithful = rng.random() < self._settings.thumb_fidelity
            liked = viewing.satisfied == is_faithful
            up: Literal[1, 2] = 2 if rng.random() < self._settings.two_thumbs else 1
            value: Literal[-1, 1, 2] = up if liked else -1
            thumb = Thumb(title_id=title_id, value=value)
            events.append(EventDraft(now_ms + 3_000, thumb, None, viewing.origin))
        has_finished = is_finished(memory.progress[title], self._titles.playable[title], now_ms)
        if has_finished and title in memory.my_list:
            memory.my_list.discard(title)
            removal = ListChange(title_id=title_id, on_list=False)
            events.append(EventDraft(now_ms + 6_000, removal))
        return events
