"""The memory of a profile between visits, and the product rules applied to it."""

from collections.abc import Iterator
from dataclasses import dataclass, field

import numpy as np

from infra.world.catalog.titles import Floats, Playable
from shared.rules.watching import (
    is_dormant,
    is_playback_finished,
    is_started,
    is_title_finished,
)


@dataclass
class TitleProgress:
    """How far a profile is in a title.

    Parts are played in order and from their beginning, so `position_s` is also the number of
    seconds watched of the next part.
    """

    finished_parts: int = 0
    """Number of finished parts, which is also the index of the next part."""
    position_s: int = 0
    """Playhead within the next part."""
    last_ms: int = 0
    """When the title was last played."""
    given_up: bool = False
    """Whether the last play did not satisfy. A fact about the person, which no rule derives."""

    def advance(self, position_s: int, runtime_s: int) -> bool:
        """Move the playhead; return whether this finishes the part by the product's rules."""
        finished = is_part_finished(position_s, runtime_s)
        self.position_s = 0 if finished else position_s
        self.finished_parts += finished
        return finished


def is_part_finished(position_s: int, runtime_s: int) -> bool:
    """Whether the player reports `play.completed` for a playback that ends at this position."""
    return is_playback_finished(position_s, runtime_s, completed=False)


def is_finished(progress: TitleProgress, parts: Playable, now_ms: int) -> bool:
    """Whether every released part is finished; an announced episode does not count."""
    released = range(parts.released(now_ms))
    names = [str(index) for index in released]
    return is_title_finished(names, names[: progress.finished_parts])


def is_resumable(progress: TitleProgress, parts: Playable, now_ms: int) -> bool:
    """Whether continue watching may offer a title: started, not finished, and not dormant.

    A title also counts as started when one of its episodes is finished.
    """
    if is_finished(progress, parts, now_ms) or is_dormant(progress.last_ms, now_ms):
        return False
    runtime_s = parts.runtimes_s[progress.finished_parts]
    return progress.finished_parts > 0 or is_started(progress.position_s, runtime_s)


@dataclass
class Memory:
    """The state that a profile carries from visit to visit. Arrays have one entry per title."""

    times_shown: Floats
    """Times each title was shown and passed over, with exponential decay."""
    shown_ms: int = 0
    """Time up to which `times_shown` has decayed."""
    finished: set[int] = field(default_factory=set)
    """Titles of which every released part was finished at some time."""
    given_up: set[int] = field(default_factory=set)
    """Titles with a last play that did not satisfy."""
    in_progress: dict[int, TitleProgress] = field(default_factory=dict)
    """Titles with a play, unless the last part in the catalog is finished."""
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

    def finished_now(self, playable: tuple[Playable, ...], now_ms: int) -> Iterator[int]:
        """Titles that are finished at this time.

        A series stops being finished when a new episode is released, and any title does when it is
        watched again.
        """
        for title in self.finished:
            progress = self.in_progress.get(title)
            if progress is None or is_finished(progress, playable[title], now_ms):
                yield title
