"""The memory of a profile between visits, and the product rules applied to it."""

from collections.abc import Iterator
from dataclasses import dataclass, field

import numpy as np

from infra.world.catalog.titles import Floats, Playable
from shared.rules import watching as rules
from shared.rules.watching import (
    is_before_credits,
    is_playback_finished,
    is_title_finished,
    is_title_started,
)


@dataclass
class TitleProgress:
    """The progress of a profile in a title, by the rules of the product.

    Parts are played in order and from their beginning, so `position_s` is also the number of
    seconds watched of the next part.
    """

    next_part: int = 0
    """Index of the part to play next."""
    position_s: int = 0
    """Playhead within the next part."""
    finished_parts: set[str] = field(default_factory=set)
    """Ids of the finished parts."""
    last_ms: int = 0
    """When the title was last played."""
    given_up: bool = False
    """Whether the last play did not satisfy. Part of the truth, not derived by a rule."""

    def restart(self) -> None:
        """Continue with the first part; finished parts stay finished until they are played."""
        self.next_part, self.position_s = 0, 0

    def begin_play(self, parts: Playable) -> None:
        """Start to play the next part; a finished part that is watched again is unfinished."""
        runtime_s = parts.runtimes_s[self.next_part]
        if is_before_credits(self.position_s, runtime_s, completed=False):
            self.finished_parts.discard(parts.part_ids[self.next_part])

    def end_play(self, parts: Playable, position_s: int) -> bool:
        """Stop at this position; return whether this finishes the part."""
        finished = is_part_finished(position_s, parts.runtimes_s[self.next_part])
        self.position_s = 0 if finished else position_s
        if finished:
            self.finished_parts.add(parts.part_ids[self.next_part])
            self.next_part += 1
        return finished


def is_part_finished(position_s: int, runtime_s: int) -> bool:
    """Whether the player reports `play.completed` for a playback that ends at this position."""
    return is_playback_finished(position_s, runtime_s, completed=False)


def is_finished(progress: TitleProgress, parts: Playable, now_ms: int) -> bool:
    """Whether every released part is finished; an announced episode does not count."""
    return is_title_finished(parts.part_ids[: parts.released(now_ms)], progress.finished_parts)


def is_resumable(progress: TitleProgress, parts: Playable, now_ms: int) -> bool:
    """Whether continue watching may offer a title at this time."""
    if is_finished(progress, parts, now_ms):
        return False
    runtime_s = parts.runtimes_s[progress.next_part]
    started = is_title_started(progress.position_s, runtime_s, progress.finished_parts)
    return rules.is_resumable(progress.last_ms, now_ms, started=started, finished=False)


@dataclass
class Memory:
    """The state of a profile between visits. Arrays have one entry per title."""

    times_shown: Floats
    """Times each title was shown and passed over, with exponential decay."""
    shown_ms: int = 0
    """Time up to which `times_shown` has decayed."""
    given_up: set[int] = field(default_factory=set)
    """Titles with a last play that did not satisfy."""
    progress: dict[int, TitleProgress] = field(default_factory=dict)
    """The progress of every title that was played."""
    my_list: set[int] = field(default_factory=set)
    busy_until_ms: int = 0
    """The next visit starts after this time."""
    events: int = 0
    """Number of events sent so far; the next event takes the next number."""
    visits: int = 0

    def decay(self, now_ms: int, half_life_ms: float) -> None:
        """Apply the decay of `times_shown` up to now."""
        if self.shown_ms and now_ms > self.shown_ms:
            self.times_shown *= np.float32(0.5 ** ((now_ms - self.shown_ms) / half_life_ms))
        self.shown_ms = max(self.shown_ms, now_ms)

    def finished(self, playable: tuple[Playable, ...], now_ms: int) -> Iterator[int]:
        """Titles that are finished at this time; a new episode makes a series unfinished."""
        for title, progress in self.progress.items():
            if is_finished(progress, playable[title], now_ms):
                yield title
