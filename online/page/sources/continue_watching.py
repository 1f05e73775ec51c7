"""Continue watching: what was begun and not finished, the next episode where one was, each by its
chance of being resumed now.
"""

import math
from collections.abc import Iterator
from typing import Final

import numpy as np

from online.page.filters import FINISHED_SHARE, is_finished
from online.page.model import RequestContext, Row
from shared.catalog.catalog import episode_of, next_episode
from shared.catalog.titles import Episode, Title
from shared.clock import DAY_MS
from shared.records.digest import WatchedTitle
from shared.records.page import TileDetails, TileEpisode
from shared.vocabulary import UNKNOWN

DORMANT_MS: Final = 90 * DAY_MS
# Less than this was a look, not a beginning.
BEGUN_S: Final = 60
HALF_LIFE_DAYS: Final = 4.0
# The chance that a visit, right after leaving off, goes on with the title; a next episode pulls
# more than the rest of a film.
RESUME_FILM: Final = 0.30
RESUME_EPISODE: Final = 0.38
SAME_DEVICE: Final = 1.15


def continue_watching(moment: RequestContext) -> Iterator[Row]:
    """One row, the likeliest first; dormant, finished and barely looked-at titles are left out."""
    digest = moment.known.digest
    if digest is None:
        return
    found: list[tuple[float, int, TileDetails]] = []
    for watched in digest.watched:
        number = moment.snapshot.view.number_of(watched.title_id)
        title = moment.snapshot.view.title(number) if number != UNKNOWN else None
        if title is not None:
            note = _note(watched, title, moment.request.now_ms)
            if note is not None:
                found.append((_resume_probability(watched, note, moment), number, note))
    found.sort(key=lambda entry: (-entry[0], entry[1]))
    yield Row(
        kind="continue_watching",
        source="digest",
        version="recency-1",
        numbers=np.array([number for _, number, _ in found], np.int32),
        values=np.array([probability for probability, _, _ in found], np.float32),
        notes={number: note for _, number, note in found},
        least=1,
    )


def _note(watched: WatchedTitle, title: Title, now_ms: int) -> TileDetails | None:
    """Where the member would go on; None when the title does not belong in the row."""
    if now_ms - watched.last_ms > DORMANT_MS or is_finished(watched, title, now_ms):
        return None
    ended = watched.completed or watched.position_s >= FINISHED_SHARE * watched.runtime_s
    if ended:
        following = next_episode(title, watched.episode_id, now_ms)
        return (
            None
            if following is None
            else TileDetails(f"Next: {_name(following)}", 0.0, _episode(following))
        )
    if watched.position_s < BEGUN_S and watched.total_seen_s < BEGUN_S:
        return None
    left_min = max(1, round((watched.runtime_s - watched.position_s) / 60))
    current = episode_of(title, watched.episode_id)
    reason = (
        f"{_name(current)}, {left_min} min left" if current is not None else f"{left_min} min left"
    )
    share = round(min(1.0, watched.position_s / max(1, watched.runtime_s)), 3)
    return TileDetails(reason, share, None if current is None else _episode(current))


def _resume_probability(watched: WatchedTitle, note: TileDetails, moment: RequestContext) -> float:
    age_days = max(0, moment.request.now_ms - watched.last_ms) / DAY_MS
    base = RESUME_FILM if note.episode is None else RESUME_EPISODE
    same = SAME_DEVICE if watched.device == moment.request.device else 1.0
    return base * same * math.exp2(-age_days / HALF_LIFE_DAYS)


def _name(episode: Episode) -> str:
    return f"S{episode.season} E{episode.number}"


def _episode(episode: Episode) -> TileEpisode:
    return TileEpisode(episode.episode_id, episode.season, episode.number)
