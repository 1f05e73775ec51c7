"""Continue watching: started titles that are not finished, with the part to play next."""

from collections.abc import Iterator
from typing import Final

import numpy as np

from online.page.context import RequestContext, ViewedTitle
from online.page.model import Row
from online.page.ranking.features import Resumption
from online.page.row_kind import RowKind, Template
from shared.catalog.catalog import episode_of, next_unfinished_episode
from shared.catalog.titles import Episode
from shared.clock import DAY_MS, MINUTE_MS
from shared.records.page import TileDetails, TileEpisode

SECONDS_PER_MINUTE: Final = MINUTE_MS // 1000


def continue_watching(context: RequestContext) -> Iterator[Row]:
    """Offer one row of all titles that can be resumed, the latest first."""
    device, now_ms = context.request.device, context.now_ms
    tiles = [
        (viewed, details)
        for viewed in context.viewed
        if (details := _resumption_of(viewed, now_ms)) is not None
    ]
    if not tiles:
        return
    watched = [viewed.watched for viewed, _ in tiles]
    idle_ms = [max(0, now_ms - title.last_ms) for title in watched]
    yield Row(
        kind=CONTINUE_WATCHING,
        source="digest",
        version="recency-1",
        numbers=np.array([viewed.number for viewed, _ in tiles], np.int32),
        features=Resumption(
            idle_days=np.array(idle_ms, np.float64).astype(np.float32) / np.float32(DAY_MS),
            episode=np.array([details.episode is not None for _, details in tiles], np.bool_),
            same_device=np.array([title.device == device for title in watched], np.bool_),
        ),
        details={viewed.number: details for viewed, details in tiles},
    )


def _resumption_of(viewed: ViewedTitle, now_ms: int) -> TileDetails | None:
    """The details of the part to resume; None for a title that cannot be resumed."""
    watched, title = viewed.watched, viewed.title
    if not viewed.resumable:
        return None
    if watched.completed:
        following = next_unfinished_episode(
            title, watched.episode_id, watched.finished_parts, now_ms
        )
        return None if following is None else _next_episode(following)
    remaining_min = max(1, round((watched.runtime_s - watched.position_s) / SECONDS_PER_MINUTE))
    share = round(min(1.0, watched.position_s / max(1, watched.runtime_s)), 3)
    current = episode_of(title, watched.episode_id)
    if current is None:
        return TileDetails(f"{remaining_min} min left", share)
    reason = f"{_short_name(current)}, {remaining_min} min left"
    return TileDetails(reason, share, _tile_episode(current))


def _next_episode(episode: Episode) -> TileDetails:
    return TileDetails(f"Next: {_short_name(episode)}", 0.0, _tile_episode(episode))


def _short_name(episode: Episode) -> str:
    return f"S{episode.season} E{episode.number}"


def _tile_episode(episode: Episode) -> TileEpisode:
    return TileEpisode(episode.episode_id, episode.season, episode.number)


CONTINUE_WATCHING: Final = RowKind(
    name="continue_watching",
    labels=(Template.of("Continue watching"),),
    reasons=(Template.of("You started these and have not finished them."),),
    minimum_tiles=1,
    no_later_than=8,
    discovery=False,
)
