"""The state of a title after its play events, by the rules of `shared.rules.watching`."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from offline.datasets.signals import SignalEvent
from shared.catalog.titles import FILM_PART
from shared.events.envelope import Order
from shared.events.plays import Play, PlayCompleted
from shared.rules.intervals import covered_seconds, union
from shared.rules.watching import is_before_credits, is_playback_finished, watched_fraction


@dataclass(frozen=True, slots=True)
class PlayedTitle:
    """A title after all plays of one profile, as in nearline's digest.

    `last_ms` is the time of the latest play event, `fraction` the share of the runtime that was
    watched in all viewing sessions, and `parts` the finished parts in ascending order.
    """

    last_ms: int
    fraction: float
    parts: list[str]


def played_title(events: Iterable[SignalEvent]) -> PlayedTitle | None:
    """Return the state of a title after its plays, in any order; None without a play."""
    ordered = sorted(events, key=lambda event: event.order)
    plays = [event.body for event in ordered if isinstance(event.body, Play)]
    if not plays:
        return None
    last_ms = max(event.time_ms for event in ordered if isinstance(event.body, Play))
    fraction = watched_fraction(seen_s(plays), plays[-1].runtime_s)
    return PlayedTitle(last_ms, fraction, finished_parts(ordered))


def seen_s(plays: Sequence[Play]) -> int:
    """Return the seconds seen in plays in their order.

    Repeats within a part count once, different parts add up.
    """
    by_part: dict[str, list[Play]] = {}
    for play in plays:
        by_part.setdefault(part_of(play), []).append(play)
    return sum(
        covered_seconds(union(*(play.watched for play in of_part)), of_part[-1].runtime_s)
        for of_part in by_part.values()
    )


def part_of(play: Play) -> str:
    """Return the part that is played: the episode's id, or FILM_PART for a film."""
    return play.episode_id or FILM_PART


def finishes(play: Play) -> bool:
    """Whether an event finishes its playback."""
    return is_playback_finished(
        play.position_s, play.runtime_s, completed=isinstance(play, PlayCompleted)
    )


def finished_parts(events: Iterable[SignalEvent]) -> list[str]:
    """Return the finished parts of one title in ascending order. Events may come in any order.

    A part is finished if its latest finishing event is later than its latest event before the
    credits. So a new viewing of a finished part makes it unfinished again, as in nearline.
    """
    finished: dict[str, Order] = {}
    before_credits: dict[str, Order] = {}
    for event in events:
        if not isinstance(event.body, Play):
            continue
        part = part_of(event.body)
        if finishes(event.body):
            finished[part] = max(finished.get(part, event.order), event.order)
        elif _is_before_credits(event.body):
            before_credits[part] = max(before_credits.get(part, event.order), event.order)
    return sorted(
        part
        for part, order in finished.items()
        if part not in before_credits or order > before_credits[part]
    )


def _is_before_credits(play: Play) -> bool:
    return is_before_credits(
        play.position_s, play.runtime_s, completed=isinstance(play, PlayCompleted)
    )
