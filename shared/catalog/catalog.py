"""The catalog in memory, and pure functions of a title: license, launch, episodes."""

from collections.abc import Collection, Iterable, Mapping
from types import MappingProxyType

from shared.catalog.titles import ADULT_AGE, EVERYWHERE, FILM_PART, Episode, Title
from shared.ids import EpisodeId, TitleId


class Catalog:
    """An immutable set of titles; `with_changes` returns a new one."""

    def __init__(self, titles: Iterable[Title] = ()) -> None:
        self._titles = {title.title_id: title for title in titles}

    @property
    def titles(self) -> Mapping[TitleId, Title]:
        """All titles by id, in order of their first publication."""
        return MappingProxyType(self._titles)

    def __len__(self) -> int:
        return len(self._titles)

    def get(self, title_id: TitleId) -> Title | None:
        """The title, or None if it was never published or was withdrawn."""
        return self._titles.get(title_id)

    def with_changes(
        self, published: Iterable[Title] = (), withdrawn: Iterable[TitleId] = ()
    ) -> "Catalog":
        """A copy with the published titles added or replaced and the withdrawn ones removed."""
        changed = Catalog()
        changed._titles = {**self._titles, **{title.title_id: title for title in published}}
        for title_id in withdrawn:
            changed._titles.pop(title_id, None)
        return changed


def maturity_of(title: Title) -> int:
    """The youngest age that the title suits; ADULT_AGE if unknown, which is safe for children."""
    return ADULT_AGE if title.maturity is None else title.maturity


def is_licensed(title: Title, country: str | None, now_ms: int) -> bool:
    """Whether a license window covers the country now.

    Without a country only windows for all countries count.
    """
    return any(
        window.country in (EVERYWHERE, country)
        and window.from_ms <= now_ms
        and (window.to_ms is None or now_ms < window.to_ms)
        for window in title.windows
    )


def is_launched(title: Title, now_ms: int) -> bool:
    """Whether the launch time of the title has passed."""
    return title.launch_ms <= now_ms


def episode_of(title: Title, episode_id: EpisodeId | None) -> Episode | None:
    """The episode with this id, or None."""
    return next((episode for episode in title.episodes if episode.episode_id == episode_id), None)


def released_parts(title: Title, now_ms: int) -> tuple[str, ...]:
    """The ids of the parts that can be played now, in the order of the catalog.

    A part is an episode, or the title itself where the catalog lists no episodes. Empty for a
    series of which all episodes are announced.
    """
    if not title.episodes:
        return (FILM_PART,)
    return tuple([e.episode_id for e in title.episodes if e.available_from_ms <= now_ms])


def next_episode(title: Title, last: EpisodeId | None, now_ms: int) -> Episode | None:
    """The first released episode after `last`, or the first of all if `last` is None.

    None for a film, after the last released episode, and if `last` is not an episode of the title.
    """
    released = _released_episodes(title, now_ms)
    if last is None:
        return released[0] if released else None
    current = episode_of(title, last)
    if current is None:
        return None
    position = (current.season, current.number)
    later = (e for e in released if (e.season, e.number) > position)
    return next(later, None)


def next_unfinished_episode(
    title: Title, last: EpisodeId | None, finished: Collection[str], now_ms: int
) -> Episode | None:
    """The next unfinished released episode after `last`, otherwise the first unfinished one.

    None when every released episode is finished.
    """
    unfinished = [e for e in _released_episodes(title, now_ms) if e.episode_id not in finished]
    current = episode_of(title, last)
    if current is not None:
        position = (current.season, current.number)
        unfinished.sort(key=lambda e: (e.season, e.number) <= position)
    return unfinished[0] if unfinished else None


def _released_episodes(title: Title, now_ms: int) -> list[Episode]:
    return sorted(
        (episode for episode in title.episodes if episode.available_from_ms <= now_ms),
        key=lambda episode: (episode.season, episode.number),
    )
