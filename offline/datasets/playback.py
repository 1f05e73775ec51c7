"""The parts of a title that play events finish, by the rules of `shared.rules.watching`."""

from collections.abc import Iterable

from offline.datasets.signals import SignalEvent
from shared.catalog.titles import FILM_PART
from shared.events.envelope import Order
from shared.events.plays import Play, PlayCompleted
from shared.rules.watching import is_before_credits, is_playback_finished


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
