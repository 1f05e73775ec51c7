"""Play events: reports of the player while a member watches."""

from typing import Annotated, ClassVar

from msgspec import Meta

from shared.catalog.titles import MAX_RUNTIME_S, Runtime
from shared.events.body import Body
from shared.ids import EpisodeId, TitleId
from shared.topics import SIGNALS

Seconds = Annotated[int, Meta(ge=0, le=MAX_RUNTIME_S)]
Interval = tuple[Seconds, Seconds]


class Play(Body, frozen=True, kw_only=True):
    """Base class of the play events.

    `position_s` is the position of the playhead, `runtime_s` the length of the film or episode.
    `watched` are the half-open intervals [from, to) in seconds watched since the play's last event.
    Seeks and repeats make several intervals, so the watched time is their union, not their sum.
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
    """A heartbeat. A client that crashes sends no stop, so each heartbeat is complete by itself."""

    type: ClassVar[str] = "play.progress"


class PlayPaused(Play, frozen=True, kw_only=True):
    """The member paused."""

    type: ClassVar[str] = "play.paused"


class PlayResumed(Play, frozen=True, kw_only=True):
    """The member resumed after a pause."""

    type: ClassVar[str] = "play.resumed"


class PlayStopped(Play, frozen=True, kw_only=True):
    """The member left the player before the credits."""

    type: ClassVar[str] = "play.stopped"


class PlayCompleted(Play, frozen=True, kw_only=True):
    """The playhead reached the credits."""

    type: ClassVar[str] = "play.completed"


PLAY_TYPES: tuple[type[Play], ...] = (
    PlayStarted,
    PlayProgress,
    PlayPaused,
    PlayResumed,
    PlayStopped,
    PlayCompleted,
)
