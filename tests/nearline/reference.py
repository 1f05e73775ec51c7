"""An independent model of nearline: events in a list, sets of seconds, no log and no store."""

from collections import Counter
from collections.abc import Iterable
from typing import Any

from shared.events.exposures import Browse, Impression
from shared.events.feedback import ListChange, Rating, Thumb
from shared.events.plays import Play, PlayCompleted
from shared.events.profiles import ProfileFacts
from shared.records.digest import Digest
from tests.nearline.events import SampleEvent


def in_order(events: Iterable[SampleEvent]) -> list[SampleEvent]:
    """Every event once, in the order of its profile's time."""
    unique = {event.event_id: event for event in events}.values()
    return sorted(
        unique,
        key=lambda event: (event.time_ms, event.envelope.get("client_seq", 0), event.event_id),
    )


def reference(events: Iterable[SampleEvent]) -> dict[str, Any]:
    """The state of one profile after its events."""
    state: dict[str, Any] = {
        "thumbs": {},
        "on_list": {},
        "ratings": {},
        "facts": None,
        "seen": Counter(),
        "looks": Counter(),
        "trailers": {},
        "episodes": {},
    }
    for event in in_order(events):
        body = event.body
        if isinstance(body, Play):
            _play(state["episodes"], event, body)
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
            if body.kind == "trailer":
                count, _ = state["trailers"].get(body.title_id, (0, 0))
                state["trailers"][body.title_id] = (count + 1, event.time_ms)
    return state


def _play(
    episodes: dict[tuple[str, str | None], dict[str, Any]], event: SampleEvent, play: Play
) -> None:
    episode = episodes.setdefault(
        (play.title_id, play.episode_id), {"seconds": set(), "completed": False, "first": event}
    )
    episode["seconds"] |= {second for start, end in play.watched for second in range(start, end)}
    share = 1.0 if isinstance(play, PlayCompleted) else play.position_s / play.runtime_s
    episode["completed"] = share >= 0.92 or (episode["completed"] and share >= 0.9)
    episode |= {"position": play.position_s, "runtime": play.runtime_s, "last": event.time_ms}


def seen_s(episode: dict[str, Any]) -> int:
    """The number of its seconds that were seen."""
    return sum(second < episode["runtime"] for second in episode["seconds"])


def starts(events: Iterable[SampleEvent]) -> Counter[tuple[str, str]]:
    """Counted starts by scope and title, over all profiles."""
    counts: Counter[tuple[str, str]] = Counter()
    by_profile: dict[str, list[SampleEvent]] = {}
    for event in events:
        by_profile.setdefault(event.profile_id, []).append(event)
    for profile_events in by_profile.values():
        for (title_id, _), episode in reference(profile_events)["episodes"].items():
            if seen_s(episode) >= min(120, 0.7 * episode["runtime"]):
                for scope in {"*", episode["first"].envelope.get("country") or "*"}:
                    counts[scope, title_id] += 1
    return counts


def assert_signals(digest: Digest, expected: dict[str, Any]) -> None:
    """Compare a digest of signals with the result of `reference`."""
    thumbs, on_list = expected["thumbs"], expected["on_list"]
    assert digest.thumbs == {name: value for name, value in thumbs.items() if value}
    assert set(digest.my_list) == {name for name, is_listed in on_list.items() if is_listed}
    assert digest.ratings == expected["ratings"]
    assert (digest.facts and (digest.facts.maturity_ceiling, digest.facts.country)) == expected[
        "facts"
    ]
    episodes: dict[tuple[str, str | None], dict[str, int]] = expected["episodes"]
    assert {watched.title_id for watched in digest.watched} == {name for name, _ in episodes}
    for watched in digest.watched:
        episode = episodes[watched.title_id, watched.episode_id]
        assert (watched.position_s, watched.seen_s, watched.completed) == (
            episode["position"],
            seen_s(episode),
            episode["completed"],
        )
        assert set(watched.finished_parts) == {
            part or ""
            for (name, part), part_state in episodes.items()
            if name == watched.title_id and part_state["completed"]
        }
        assert watched.total_seen_s == sum(
            seen_s(part_state)
            for (name, _), part_state in episodes.items()
            if name == watched.title_id
        )
