"""Catalog records of the drawn titles: names, people, tags, licenses, episodes."""

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from infra.world.catalog.titles import FOREVER, NEVER, Integers, Playable, title_id
from infra.world.names import (
    COUNTRIES,
    GENRES,
    LANGUAGES,
    person_name,
    season_name,
    synopsis,
    title_names,
)
from infra.world.settings import CatalogSettings
from shared.catalog.titles import EVERYWHERE, Artwork, Episode, Franchise, Title, Window
from shared.clock import DAY_MS


@dataclass(frozen=True)
class DrawnTitles:
    """The input of the records; arrays have one entry per title along their last axis.

    `mixes` is (titles, genres) and `artworks` is (titles, variants).
    """

    mixes: npt.NDArray[np.float64]
    launch_ms: Integers
    window_from: Integers
    window_to: Integers
    maturity: Integers
    language: Integers
    artworks: Integers
    playable: tuple[Playable, ...]


def title_records(
    settings: CatalogSettings, drawn: DrawnTitles, rng: np.random.Generator
) -> Iterator[Title]:
    """The catalog record of every title, in the order of their numbers."""
    leads = drawn.mixes.argmax(axis=1)
    names = list(title_names(rng, (GENRES[lead] for lead in leads)))
    franchises = _franchises(settings, names, rng)
    for index in range(len(names)):
        yield _record(index, names[index], franchises.get(index), drawn, rng)


def _record(
    index: int, name: str, franchise: Franchise | None, drawn: DrawnTitles, rng: np.random.Generator
) -> Title:
    """One record. Draws are in a fixed order, so that a seed gives the same catalog again."""
    parts, mix, launch_ms = drawn.playable[index], drawn.mixes[index], int(drawn.launch_ms[index])
    genre = GENRES[int(mix.argmax())]
    moods = _some(genre.moods, int(rng.integers(2, 4)), rng)
    is_series = parts.episode_id(0) is not None
    windows = _licenses(drawn.window_from[:, index], drawn.window_to[:, index])
    return Title(
        title_id=title_id(index),
        name=name,
        kind="series" if is_series else "film",
        genres=tuple(GENRES[g].name for g in np.argsort(-mix, kind="stable") if mix[g] > 0),
        runtime_s=int(np.median(parts.runtimes_s)),
        launch_ms=launch_ms,
        windows=tuple(windows),
        maturity=int(drawn.maturity[index]),
        episodes=tuple(_episodes(parts)) if is_series else (),
        moods=moods,
        tags=_some(genre.tags, int(rng.integers(1, 3)), rng) + _awards(rng),
        cast=tuple(dict.fromkeys(person_name(rng) for _ in range(3))),
        language=LANGUAGES[drawn.language[index]],
        release_year=_year(launch_ms) - int(min(rng.exponential(4), 50)),
        franchise=franchise,
        artworks=tuple(
            Artwork(f"{title_id(index)}-{variant}", GENRES[g].name)
            for variant, g in enumerate(drawn.artworks[index])
        ),
        synopsis=synopsis(rng, genre, moods[0]),
    )


def _some(names: tuple[str, ...], count: int, rng: np.random.Generator) -> tuple[str, ...]:
    """Draw `count` different names out of the three of a genre, in their original order."""
    return tuple(names[index] for index in sorted(rng.choice(3, size=count, replace=False)))


def _awards(rng: np.random.Generator) -> tuple[str, ...]:
    return ("award-winning",) if rng.random() < 0.08 else ()


def _year(time_ms: int) -> int:
    return 1970 + int(time_ms / (365.2425 * DAY_MS))


def _franchises(
    settings: CatalogSettings, names: list[str], rng: np.random.Generator
) -> dict[int, Franchise]:
    """Franchises by title number. A sequel also takes the franchise's name and its part number."""
    members: dict[int, Franchise] = {}
    parts: dict[str, int] = {}
    for later in np.flatnonzero(rng.random(len(names)) < settings.franchise_share):
        if later == 0 or int(later) in members:
            continue
        earlier = int(rng.integers(later))
        franchise = members.setdefault(earlier, Franchise(names[earlier], 1)).name
        parts[franchise] = parts.get(franchise, 1) + 1
        members[int(later)] = Franchise(franchise, parts[franchise])
        names[later] = season_name(franchise, parts[franchise])
    return members


def _licenses(start: Integers, end: Integers) -> Iterator[Window]:
    if (start == start[0]).all() and (end == end[0]).all():
        yield Window(EVERYWHERE, int(start[0]), None if end[0] == FOREVER else int(end[0]))
        return
    for country, start_ms, end_ms in zip(COUNTRIES, start, end, strict=True):
        if start_ms < NEVER:
            yield Window(country.code, int(start_ms), None if end_ms == FOREVER else int(end_ms))


def _episodes(parts: Playable) -> Iterator[Episode]:
    for part, (runtime_s, available_ms) in enumerate(
        zip(parts.runtimes_s, parts.available_ms, strict=True)
    ):
        episode_id = parts.episode_id(part)
        if episode_id is not None:
            season, number = int(episode_id[-5:-3]), int(episode_id[-2:])
            name = f"Episode {number}"
            yield Episode(episode_id, season, number, runtime_s, available_ms, name)
