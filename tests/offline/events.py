"""Short builders of encoded events and of titles."""

from shared.catalog.titles import EVERYWHERE, Episode, Title, Window
from shared.clock import DAY_MS
from shared.events.body import Body
from shared.events.catalog import TitlePublished
from shared.events.codec import encode
from shared.events.envelope import Origin
from shared.events.plays import Interval, PlayCompleted, PlayProgress
from shared.ids import EpisodeId, EventId, ProfileId, TitleId

NOW = 1_700_000_000_000


def event(
    body: Body, event_id: str, time_ms: int, profile_id: str = "p1", origin: Origin | None = None
) -> bytes:
    """An event of a profile that watches on a television in Sweden."""
    return encode(
        body,
        event_id=EventId(event_id),
        event_time_ms=time_ms,
        profile_id=ProfileId(profile_id),
        device="tv",
        country="SE",
        utc_offset_min=60,
        origin=origin,
    )


def progress(
    title_id: str, *watched: Interval, runtime_s: int = 6000, episode_id: str | None = None
) -> PlayProgress:
    """A heartbeat that reports watched intervals."""
    position = watched[-1][1] if watched else 0
    episode = None if episode_id is None else EpisodeId(episode_id)
    return PlayProgress(
        title_id=TitleId(title_id),
        runtime_s=runtime_s,
        position_s=position,
        watched=watched,
        episode_id=episode,
    )


def completed(title_id: str, episode_id: str | None = None, runtime_s: int = 6000) -> PlayCompleted:
    """The end of the playback, with everything watched."""
    episode = None if episode_id is None else EpisodeId(episode_id)
    return PlayCompleted(
        title_id=TitleId(title_id),
        runtime_s=runtime_s,
        position_s=runtime_s,
        watched=((0, runtime_s),),
        episode_id=episode,
    )


def film(
    title_id: str, *genres: str, launch_ms: int = NOW - 100 * DAY_MS, maturity: int = 0
) -> Title:
    """A film that is licensed everywhere."""
    return Title(
        title_id=TitleId(title_id),
        name=title_id.upper(),
        kind="film",
        genres=genres or ("Drama",),
        runtime_s=6000,
        launch_ms=launch_ms,
        windows=(Window(EVERYWHERE, 0),),
        maturity=maturity,
    )


def series(title_id: str, *episode_ids: str, announced: tuple[str, ...] = ()) -> Title:
    """A series with one season. Announced episodes are released a day after NOW."""
    episodes = tuple(
        Episode(
            EpisodeId(name),
            1,
            number,
            1800,
            NOW + DAY_MS if name in announced else NOW - 100 * DAY_MS,
        )
        for number, name in enumerate((*episode_ids, *announced), start=1)
    )
    return Title(
        title_id=TitleId(title_id),
        name=title_id.upper(),
        kind="series",
        genres=("Drama",),
        runtime_s=1800,
        launch_ms=NOW - 100 * DAY_MS,
        windows=(Window(EVERYWHERE, 0),),
        episodes=episodes,
        maturity=0,
    )


def published(title: Title) -> bytes:
    """The title on the catalog's topic."""
    return encode(
        TitlePublished(title=title),
        event_id=EventId(f"publish-{title.title_id}"),
        event_time_ms=NOW - 100 * DAY_MS,
    )
