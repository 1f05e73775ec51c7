"""Plays: what a player reports while a member watches, heartbeat by heartbeat."""

from typing import Annotated, ClassVar

from msgspec import Meta

from shared.catalog.titles import MAX_RUNTIME_S, Runtime
from shared.events.body import Body
from shared.ids import EpisodeId, TitleId
from shared.topics import SIGNALS

Seconds = Annotated[int, Meta(ge=0, le=MAX_RUNTIME_S)]
Interval = tuple[Seconds, Seconds]


class Play(Body, frozen=True, kw_only=True):
    """What all play events share.

    `position_s` is where the playhead stands, `runtime_s` the length of what is played (an episode,
    for a series), `watched` the half-open stretches [from, to) in seconds seen since the play's
    last event: seeks and re-watches make several, so that their union, not their sum, says how much
    was seen.
    """

    topic: ClassVar[str] = SIGNALS

    title_id: TitleId
    runtime_s: Runtime
    position_s: Seconds = 0
    episode_id: EpisodeId | None = None
    watched: tuple[Interval, ...] = ()


class PlayStarted(Play, frozen=True, kw_only=True):
    """The first frame was shown."""

    type: ClassVar[str] = "play.started"


class PlayProgress(Play, frozen=True, kw_only=True):
    """A heartbeat; clients that crash never send a stop, so every heartbeat must be enough by
    itself.
    """

    type: ClassVar[str] = "play.progress"


class PlayPaused(Play, frozen=True, kw_only=True):
    """The member paused."""

    type: ClassVar[str] = "play.paused"


class PlayResumed(Play, frozen=True, kw_only=True):
    """The member went on after a pause."""

    type: ClassVar[str] = "play.resumed"


class PlayStopped(Play, frozen=True, kw_only=True):
    """The member left the player before the credits."""

    type: ClassVar[str] = "play.stopped"


class PlayCompleted(Play, frozen=True, kw_only=True):
    """The credits were reached."""

    type: ClassVar[str] = "play.completed"


PLAY_TYPES: tuple[type[Play], ...] = (
    PlayStarted,
    PlayProgress,
    PlayPaused,
    PlayResumed,
    PlayStopped,
    PlayCompleted,
)
