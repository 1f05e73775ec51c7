"""What nearline should come to, told again in the plainest way: all events at hand at once, sets of
seconds, no log, no store.
"""

from collections import Counter
from collections.abc import Iterable
from typing import Any

from shared.events.exposures import Browse, Impression
from shared.events.feedback import ListChange, Rating, Thumb
from shared.events.plays import Play, PlayCompleted
from shared.events.profiles import ProfileFacts
from tests.nearline.events import Said


def in_order(events: Iterable[Said]) -> list[Said]:
    """Every event once, as its member lived it."""
    once = {event.event_id: event for event in events}.values()
    return sorted(
        once, key=lambda event: (event.time_ms, event.envelope.get("client_seq", 0), event.event_id)
    )


def reference(events: Iterable[Said]) -> dict[str, Any]:
    """The state of one profile."""
    state: dict[str, Any] = {
        "thumbs": {},
        "on_list": {},
        "ratings": {},
        "facts": None,
        "seen": Counter(),
        "looks": Counter(),
    }
    episodes: dict[tuple[str, str | None], dict[str, Any]] = {}
    for event in in_order(events):
        body = event.body
        if isinstance(body, Play):
            episode = episodes.setdefault(
                (body.title_id, body.episode_id),
                {"seconds": set(), "completed": False, "first": event},
            )
            episode["seconds"] |= {
                second for start, end in body.watched for second in range(start, end)
            }
            share = 1.0 if isinstance(body, PlayCompleted) else body.position_s / body.runtime_s
            episode["completed"] = share >= 0.92 or (episode["completed"] and share >= 0.9)
            episode |= {
                "position": body.position_s,
                "runtime": body.runtime_s,
                "last": event.time_ms,
            }
        elif isinstance(body, Thumb):
            state["thumbs"][body.title_id] = body.value
        elif isinstance(body, ListChange):
            state["on_list"][body.title_id] = body.on_list
        elif isinstance(body, Rating):
            state["ratings"][body.title_id] = body.stars
        elif isinstance(body, ProfileFacts):
            state["facts"] = (body.maturity_ceiling, body.country)
        elif isinstance(body, Impression):
            state["seen"][body.title_id] += 1
        elif isinstance(body, Browse) and body.title_id is not None:
            state["looks"][body.title_id] += 1
    state["episodes"] = episodes
    return state


def seen_s(episode: dict[str, Any]) -> int:
    """How many seconds of it were seen."""
    return sum(second < episode["runtime"] for second in episode["seconds"])


def starts(events: Iterable[Said]) -> Counter[tuple[str, str]]:
    """Counted starts by scope and title, over all profiles."""
    counted: Counter[tuple[str, str]] = Counter()
    by_profile: dict[str, list[Said]] = {}
    for event in events:
        by_profile.setdefault(event.profile_id, []).append(event)
    for theirs in by_profile.values():
        for (title_id, _), episode in reference(theirs)["episodes"].items():
            if seen_s(episode) >= min(120, 0.7 * episode["runtime"]):
                for scope in {"*", episode["first"].envelope.get("country") or "*"}:
                    counted[scope, title_id] += 1
    return counted
