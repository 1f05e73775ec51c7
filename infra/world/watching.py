"""What a player reports while somebody watches, and what the watching leaves behind in memory."""

from dataclasses import dataclass
from typing import Literal, NamedTuple

import numpy as np

from infra.world.profiles import Memory, Profile, Progress
from infra.world.settings import WatchingSettings
from infra.world.titles import Titles
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
from shared.ids import PlayId, TitleId

_SHORTEST_S = 20


class Said(NamedTuple):
    """One event before it is put in an envelope."""

    time_ms: int
    body: Body
    play_id: PlayId | None = None
    origin: Origin | None = None


@dataclass(frozen=True, slots=True)
class Sitting:
    """One visitor before one title: everything that the course of events is drawn from, besides the
    generator.
    """

    profile: Profile
    memory: Memory
    title: int
    satisfied: bool
    start_ms: int
    budget_s: int
    play_prefix: str
    origin: Origin


class Watching:
    """Draws what is watched of a title, episode after episode, and reports it."""

    def __init__(self, settings: WatchingSettings, titles: Titles) -> None:
        self._settings = settings
        self._titles = titles
        self._budgets = dict(settings.budget_min)

    def budget_s(self, device: str, title: int, rng: np.random.Generator) -> int:
        """How long the visitor has; who starts a film has more time."""
        median = self._budgets.get(device, self._budgets["web"])
        stretch = 1.0 if self._titles.is_series[title] else self._settings.film_patience
        return max(
            120, int(60 * median * stretch * np.exp(self._settings.budget_spread * rng.normal()))
        )

    def watch(self, sitting: Sitting, rng: np.random.Generator) -> list[Said]:
        """Everything said from the first frame to the last thumb, in time order; `sitting.memory`
        moves on.
        """
        said: list[Said] = []
        memory, title = sitting.memory, sitting.title
        parts = self._titles.playable[title]
        progress = self._progress(sitting)
        released = parts.released(sitting.start_ms)
        now, budget = sitting.start_ms, sitting.budget_s
        played = 0
        while progress.part < released and budget > _SHORTEST_S:
            stop = self._stop_at(sitting, progress, parts.runtimes_s[progress.part], budget, rng)
            play_id = PlayId(f"{sitting.play_prefix}.{played}")
            ended, watched, completed = self._report(
                said, sitting, progress, stop, now, play_id, rng
            )
            now, budget, played = ended, budget - watched, played + 1
            progress.last_ms = now
            if not completed:
                progress.position_s = stop
                break
            progress.part, progress.position_s = progress.part + 1, 0
            if not sitting.satisfied or rng.random() >= sitting.profile.binge:
                break
            now += 5_000
        self._remember(sitting, progress)
        self._speak_up(said, sitting, now, rng)
        memory.busy_until_ms = now
        return said

    def _progress(self, sitting: Sitting) -> Progress:
        memory, title = sitting.memory, sitting.title
        progress = memory.under_way.get(title)
        out = 0 if progress is None else self._titles.playable[title].released(sitting.start_ms)
        if progress is None or progress.part >= out:
            progress = Progress()
        memory.under_way[title] = progress
        progress.given_up = False
        return progress

    def _stop_at(
        self,
        sitting: Sitting,
        progress: Progress,
        runtime: int,
        budget: int,
        rng: np.random.Generator,
    ) -> int:
        """Where the playhead stands at the end: the credits for the satisfied, unless their time
        runs out before.
        """
        credits_at = self._credits_at(runtime)
        if sitting.satisfied:
            return min(
                credits_at + int(rng.integers(0, max(1, runtime - credits_at))),
                max(progress.position_s + budget, 1),
                runtime,
            )
        given = _SHORTEST_S + int(
            float(rng.beta(*self._settings.disliked)) * (runtime - progress.position_s)
        )
        return min(progress.position_s + min(given, budget), runtime)

    def _credits_at(self, runtime: int) -> int:
        return int(runtime * (1 - self._settings.credits_share))

    def _report(
        self,
        said: list[Said],
        sitting: Sitting,
        progress: Progress,
        stop: int,
        start_ms: int,
        play_id: PlayId,
        rng: np.random.Generator,
    ) -> tuple[int, int, bool]:
        """Say one play; returns when it ended, how many seconds were watched, and whether the
        credits were reached.
        """
        parts, part = self._titles.playable[sitting.title], progress.part
        runtime, episode = parts.runtimes_s[part], parts.episode_ids[part]
        title_id, origin = self._titles.catalog[sitting.title].title_id, sitting.origin

        def say(
            kind: type[Play], time_ms: int, position: int, watched: tuple[Interval, ...] = ()
        ) -> None:
            body = kind(
                title_id=title_id,
                runtime_s=runtime,
                position_s=position,
                episode_id=episode,
                watched=watched,
            )
            said.append(Said(time_ms, body, play_id, origin))

        begin = min(progress.position_s, runtime - 1)
        length = max(stop - begin, 1)
        now, position = start_ms, begin
        say(PlayStarted, now, position)
        pause_at = (
            begin + int(rng.integers(1, length + 1))
            if rng.random() < self._settings.pause_share
            else None
        )
        seek_at = (
            begin + int(rng.integers(1, length + 1))
            if rng.random() < self._settings.seek_share
            else None
        )
        end = begin + length
        while position < end:
            target = min(position + self._settings.heartbeat_s, end)
            if pause_at is not None and position < pause_at < target:
                target = pause_at
            now += (target - position) * 1000
            watched: list[Interval] = [(position, target)]
            if seek_at is not None and position < seek_at <= target:
                back = max(begin, target - 30)
                watched.append((back, target))
                now += (target - back) * 1000
                seek_at = None
            position = target
            if position == pause_at and position < end:
                say(PlayPaused, now, position, tuple(watched))
                now += int(rng.integers(60, 900)) * 1000
                say(PlayResumed, now, position)
            elif position < end:
                say(PlayProgress, now, position, tuple(watched))
            else:
                completed = position >= self._credits_at(runtime)
                say(PlayCompleted if completed else PlayStopped, now, position, tuple(watched))
        return now, length, end >= self._credits_at(runtime)

    def _remember(self, sitting: Sitting, progress: Progress) -> None:
        memory, title = sitting.memory, sitting.title
        memory.shown[title] = 0.0
        finished = progress.part >= len(self._titles.playable[title].runtimes_s)
        if finished:
            memory.finished.add(title)
            del memory.under_way[title]
        elif not sitting.satisfied:
            progress.given_up = True
            memory.given_up.add(title)
        else:
            memory.given_up.discard(title)

    def _speak_up(
        self, said: list[Said], sitting: Sitting, now_ms: int, rng: np.random.Generator
    ) -> None:
        """A thumb now and then; what was on My List and is finished comes off it."""
        title_id: TitleId = self._titles.catalog[sitting.title].title_id
        if rng.random() < sitting.profile.thumb:
            faithful = rng.random() < self._settings.thumb_fidelity
            liked = sitting.satisfied == faithful
            up: Literal[1, 2] = 2 if rng.random() < self._settings.two_thumbs else 1
            value: Literal[-1, 1, 2] = up if liked else -1
            said.append(
                Said(now_ms + 3_000, Thumb(title_id=title_id, value=value), None, sitting.origin)
            )
        if sitting.title in sitting.memory.listed and sitting.title in sitting.memory.finished:
            sitting.memory.listed.discard(sitting.title)
            said.append(Said(now_ms + 6_000, ListChange(title_id=title_id, on_list=False)))
