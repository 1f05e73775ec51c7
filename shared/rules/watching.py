"""The watching rules: started, finished, liked, abandoned, dormant, and the ages of rows.

Nearline, online, offline and the simulated world import these functions and define none of their
own. Seconds and milliseconds are integers; a fraction is a share of the runtime in 0..1.

`WATCHING_RULES_VERSION` identifies all constants and functions of this module together. It is part
of a nightly run's identity and of the names of tallies, so that labels and counts made by different
rules are never mixed. Change it together with any rule.
"""

from collections.abc import Collection
from typing import Final

from shared.clock import DAY_MS, MINUTE_MS

WATCHING_RULES_VERSION: Final = "watching-3"

# Product requirement: a play shorter than two minutes is abandoned.
STARTED_S: Final = 2 * 60
# Product requirement: 15 minutes, or 0.7 of the runtime if that is less.
QUALIFIED_S: Final = 15 * 60
QUALIFIED_FRACTION: Final = 0.7
# Kodi treats the last 8 % of a video as its end (advancedsettings.xml, ignorepercentatend = 8).
CREDITS_FRACTION: Final = 0.92
# A guess, to be learned: a playhead before this share after the credits starts a new viewing.
REWATCH_FRACTION: Final = 0.9
# Product requirement: a longer gap between two plays of a title separates two viewing sessions.
SESSION_GAP_MS: Final = 30 * MINUTE_MS
# Guesses, to be learned from resumption and repeat viewing.
DORMANT_DAYS: Final = 90
WATCH_AGAIN_DAYS: Final = 14
ANCHOR_DAYS: Final = 365
NEW_DAYS: Final = 30
# The usual mapping of five stars to a binary preference; see thumb_of_stars.
STARS_UP: Final = 4.0
STARS_DOWN: Final = 2.0


def watched_fraction(watched_s: int, runtime_s: int) -> float:
    """The share of the runtime that was watched, 0..1."""
    return min(1.0, watched_s / runtime_s)


def is_started(watched_s: int, runtime_s: int) -> bool:
    """Whether a play counts as started: two minutes, or 0.7 of the runtime if that is less."""
    return watched_s >= min(STARTED_S, QUALIFIED_FRACTION * runtime_s)


def is_qualified(watched_s: int, runtime_s: int) -> bool:
    """Whether enough was watched to be evidence of taste."""
    return watched_s >= min(QUALIFIED_S, QUALIFIED_FRACTION * runtime_s)


def is_abandoned(watched_s: int, runtime_s: int, *, finished: bool) -> bool:
    """Whether a play ended before it counted as started."""
    return not finished and not is_started(watched_s, runtime_s)


def is_playback_finished(position_s: int, runtime_s: int, *, completed: bool) -> bool:
    """Whether an event finishes its playback: a completion, or a playhead in the credits.

    `completed` is whether the event is a `play.completed`.
    """
    return completed or position_s >= CREDITS_FRACTION * runtime_s


def is_before_credits(position_s: int, runtime_s: int, *, completed: bool) -> bool:
    """Whether an event shows the playhead clearly before the credits.

    After a finished playback such an event means that the part is being watched again.
    """
    return not completed and position_s < REWATCH_FRACTION * runtime_s


def is_title_finished(released_parts: Collection[str], finished_parts: Collection[str]) -> bool:
    """Whether every released part of a title is finished.

    A part is an episode id, or FILM_PART for a film. An announced episode is not released and does
    not keep a series unfinished. A title without a released part is not finished.
    """
    return bool(released_parts) and all(part in finished_parts for part in released_parts)


def is_title_started(seen_s: int, runtime_s: int, finished_parts: Collection[str]) -> bool:
    """Whether a title was started: a part of it is finished, or enough of it was watched.

    `seen_s` counts all parts. A part may be finished without a watched second, where the player
    reports only the end.
    """
    return bool(finished_parts) or is_started(seen_s, runtime_s)


def is_resumable(last_ms: int, now_ms: int, *, started: bool, finished: bool) -> bool:
    """Whether a title is offered for resumption; rows of discovery leave such titles out."""
    return started and not finished and not is_dormant(last_ms, now_ms)


def is_liked(fraction: float, thumb: int = 0) -> bool:
    """Whether a viewing means that the member likes the title.

    An explicit opinion (−1, 1 or 2) decides; without one (0) a qualified share of the runtime does.
    """
    return thumb > 0 or (thumb == 0 and fraction >= QUALIFIED_FRACTION)


def thumb_of_stars(stars: float) -> int:
    """Stars from 0.5 to 5 as a thumb: 1, 0 or −1."""
    return int(stars >= STARS_UP) - int(stars <= STARS_DOWN)


def opinion(thumb: int, stars: float | None) -> int:
    """The stated opinion of a title: 2, 1, −1, or 0 without one. A thumb comes before stars."""
    return thumb_of_stars(stars) if thumb == 0 and stars is not None else thumb


def is_dormant(last_ms: int, now_ms: int) -> bool:
    """Whether an unfinished title was last watched too long ago to be offered for resumption."""
    return now_ms - last_ms > DORMANT_DAYS * DAY_MS


def is_rested(last_ms: int, now_ms: int) -> bool:
    """Whether a finished title was watched long enough ago to be offered again."""
    return now_ms - last_ms >= WATCH_AGAIN_DAYS * DAY_MS


def is_anchor(fraction: float, thumb: int, last_ms: int, now_ms: int) -> bool:
    """Whether a title may be the subject of a "Because you watched" row: liked, and not too old."""
    return is_liked(fraction, thumb) and now_ms - last_ms <= ANCHOR_DAYS * DAY_MS


def is_new(launch_ms: int, now_ms: int) -> bool:
    """Whether a title was launched within the last NEW_DAYS days."""
    return new_since_ms(now_ms) <= launch_ms <= now_ms


def new_since_ms(now_ms: int) -> int:
    """The earliest launch that counts as new, for comparisons with whole arrays of launches."""
    return now_ms - NEW_DAYS * DAY_MS
