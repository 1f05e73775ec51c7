"""The titles: what the catalog tells of them, and the hidden arrays that decide who likes them."""

from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property

import numpy as np
import numpy.typing as npt

from infra.world.names import (
    COUNTRIES,
    GENRE_INDEX,
    GENRES,
    LANGUAGES,
    THEMES,
    person_name,
    season_name,
    synopsis,
    title_names,
)
from infra.world.settings import CatalogSettings, WorldSettings
from shared.catalog.titles import EVERYWHERE, Artwork, Episode, Franchise, Title, Window
from shared.clock import DAY_MS
from shared.ids import EpisodeId, TitleId

Floats = npt.NDArray[np.float32]
Integers = npt.NDArray[np.int64]
Flags = npt.NDArray[np.bool_]

FOREVER = np.iinfo(np.int64).max
NEVER = FOREVER - 1
ARTWORKS = 4
DAYPARTS = 4


@dataclass(frozen=True, slots=True)
class Playable:
    """What a player needs to know of a title: the parts in order (one for a film)."""

    episode_ids: tuple[EpisodeId | None, ...]
    runtimes_s: tuple[int, ...]
    available_ms: tuple[int, ...]

    def released(self, now_ms: int) -> int:
        """How many parts can be played at this moment, counted from the first until one is not yet
        out.
        """
        for number, available in enumerate(self.available_ms):
            if available > now_ms:
                return number
        return len(self.available_ms)


@dataclass(frozen=True)
class Titles:
    """All titles by number (their place in `catalog`); arrays have one entry per title along their
    last or only axis.
    """

    catalog: tuple[Title, ...]
    """What the platform is told."""
    playable: tuple[Playable, ...]
    """Parts in playing order."""
    directions: Floats
    """(genres, themes) the direction of each genre; known to nobody outside."""
    themes: Floats
    """(titles, themes) unit vectors."""
    quality: Floats
    """Standard normal."""
    bait: Floats
    """Standard normal: attracts, does not satisfy."""
    popularity: Floats
    """What the world outside talks about; sums to 1."""
    genres: Flags
    """(genres, titles)."""
    dayparts: Floats
    """(parts of the day, titles) in [0, 1]: how well the genres suit the hour."""
    artworks: npt.NDArray[np.int64]
    """(titles, variants) the genre each picture shows."""
    language: npt.NDArray[np.int64]
    """Index into LANGUAGES."""
    maturity: Integers
    launch_ms: Integers
    announce_ms: Integers
    """When the title's record is published."""
    window_from: Integers
    """(countries, titles)."""
    window_to: Integers
    """(countries, titles)."""
    is_series: Flags

    def __len__(self) -> int:
        return len(self.catalog)

    @cached_property
    def number(self) -> dict[TitleId, int]:
        """Title id to number."""
        return {title.title_id: index for index, title in enumerate(self.catalog)}

    def eligible(self, country: int, ceiling: int, now_ms: int) -> Flags:
        """Which titles may be shown: launched, licensed here, and not above the ceiling."""
        licensed = (self.window_from[country] <= now_ms) & (now_ms < self.window_to[country])
        allowed: Flags = licensed & (self.launch_ms <= now_ms) & (self.maturity <= ceiling)
        return allowed


def genre_directions(rng: np.random.Generator) -> Floats:
    """(genres, themes): orthogonal directions, each leaning towards its relatives."""
    basis = np.linalg.qr(rng.normal(size=(THEMES, THEMES)))[0][: len(GENRES)]
    leaning = np.array(
        [
            sum(0.45 * basis[GENRE_INDEX[name]] for name in genre.relatives) + basis[i]
            for i, genre in enumerate(GENRES)
        ]
    )
    return unit(leaning)


def unit(vectors: npt.NDArray[np.floating]) -> Floats:
    """Rows scaled to length 1."""
    scaled: Floats = (vectors / np.linalg.norm(vectors, axis=-1, keepdims=True)).astype(np.float32)
    return scaled


def make_titles(settings: WorldSettings, now_ms: int, rng: np.random.Generator) -> Titles:
    """Every title of a world, those that launch after now included; the order of ids is that of
    launches.
    """
    catalog, count = settings.catalog, settings.titles
    directions = genre_directions(rng)
    mixes = _genre_mixes(count, rng)
    member = (mixes > 0).T
    quality, bait, popularity = _attraction(catalog, count, rng)
    launch = _launches(settings, now_ms, rng)
    window_from, window_to = _windows(settings, launch, now_ms, rng)
    maturity = _maturities(mixes, rng)
    is_series = rng.random(count) < catalog.series_share
    language = _languages(catalog, count, rng)
    artworks = np.array([rng.choice(np.flatnonzero(mix), ARTWORKS) for mix in mixes])
    playable = _playables(catalog, is_series, launch, now_ms, rng)
    noise = rng.normal(scale=catalog.theme_noise / np.sqrt(THEMES), size=(count, THEMES))
    records = _records(
        settings, rng, mixes, launch, window_from, window_to, maturity, language, artworks, playable
    )
    return Titles(
        catalog=tuple(records),
        playable=playable,
        directions=directions,
        themes=unit(mixes @ directions + noise),
        quality=quality,
        bait=bait,
        popularity=popularity,
        genres=member,
        dayparts=_dayparts(mixes),
        artworks=artworks,
        language=language,
        maturity=maturity,
        launch_ms=launch,
        announce_ms=launch - int(catalog.announce_days * DAY_MS),
        window_from=window_from,
        window_to=window_to,
        is_series=is_series,
    )


def _genre_mixes(count: int, rng: np.random.Generator) -> npt.NDArray[np.float64]:
    """(titles, genres) weights of one to three genres; the second and third are often relatives of
    the first.
    """
    shares = np.array([genre.share for genre in GENRES])
    lead = rng.choice(len(GENRES), size=count, p=shares / shares.sum())
    mixes = np.zeros((count, len(GENRES)))
    for index, first in enumerate(lead):
        mixes[index, first] = 1.0
        relatives = [GENRE_INDEX[name] for name in GENRES[first].relatives]
        for weight in (0.6, 0.35)[: rng.integers(3)]:
            other = (
                relatives[rng.integers(len(relatives))]
                if rng.random() < 0.6
                else rng.choice(len(GENRES), p=shares / shares.sum())
            )
            if (
                mixes[index, other] == 0
                and abs(GENRES[other].youngest - GENRES[first].youngest) <= 7
            ):
                mixes[index, other] = weight
    return mixes


def _attraction(
    settings: CatalogSettings, count: int, rng: np.random.Generator
) -> tuple[Floats, Floats, Floats]:
    """Quality, bait and base popularity."""
    quality = rng.normal(size=count)
    free = rng.normal(size=count)
    tied = -settings.bait_tie * quality + np.sqrt(1 - settings.bait_tie**2) * free
    bait = np.where(rng.random(count) < 0.5, tied, free)
    rho = settings.popularity_quality
    place = np.argsort(np.argsort(-(rho * quality + np.sqrt(1 - rho**2) * rng.normal(size=count))))
    weight = (place + 1.0) ** -settings.popularity_exponent
    return (
        quality.astype(np.float32),
        bait.astype(np.float32),
        (weight / weight.sum()).astype(np.float32),
    )


def _launches(settings: WorldSettings, now_ms: int, rng: np.random.Generator) -> Integers:
    """Launch times in order: most long ago, some within the history, a few after now."""
    catalog, count = settings.catalog, settings.titles
    later = max(min(3, count // 4), round(count * catalog.launched_later))
    within = round(count * catalog.launched_in_period)
    start = -settings.days * 1.0
    days_from_now = np.concatenate(
        [
            start - rng.random(max(0, count - later - within)) * catalog.back_years * 365,
            start + rng.random(within) * settings.days,
            0.02 + rng.random(later) * catalog.later_days,
        ]
    )[:count]
    launches: Integers = np.sort(now_ms + (days_from_now * DAY_MS).astype(np.int64))
    return launches


def _windows(
    settings: WorldSettings, launch: Integers, now_ms: int, rng: np.random.Generator
) -> tuple[Integers, Integers]:
    """(countries, titles) from and to; a title without a license in a country has a window that
    never opens.
    """
    count, catalog = len(launch), settings.catalog
    start = np.tile(launch, (len(COUNTRIES), 1))
    end = np.full((len(COUNTRIES), count), FOREVER)
    for index in np.flatnonzero(rng.random(count) >= catalog.everywhere_share):
        dice = rng.random()
        if dice < catalog.expiring_share / (1 - catalog.everywhere_share):
            leaves = now_ms + int(rng.uniform(-settings.days / 2, 30) * DAY_MS)
            end[:, index] = max(leaves, launch[index] + 7 * DAY_MS)
            continue
        licensed = rng.random(len(COUNTRIES)) < 0.6
        licensed[rng.integers(len(COUNTRIES))] = True
        start[~licensed, index] = NEVER
        if dice > 0.8:
            arrives = launch[index] + int(rng.uniform(5, 60) * DAY_MS)
            start[rng.integers(len(COUNTRIES)), index] = arrives
    return start, end


def _maturities(mixes: npt.NDArray[np.float64], rng: np.random.Generator) -> Integers:
    ages = np.array([0, 7, 12, 16, 18])
    youngest = np.array([genre.youngest for genre in GENRES])
    oldest = np.array([genre.oldest for genre in GENRES])
    lead = mixes.argmax(axis=1)
    low = np.where(mixes > 0, youngest, 0).max(axis=1)
    high = np.maximum(low, oldest[lead])
    picked = np.array(
        [rng.choice(ages[(ages >= a) & (ages <= b)]) for a, b in zip(low, high, strict=True)]
    )
    return picked.astype(np.int64)


def _languages(
    settings: CatalogSettings, count: int, rng: np.random.Generator
) -> npt.NDArray[np.int64]:
    others = len(LANGUAGES) - 1
    shares = [settings.english_share, *([(1 - settings.english_share) / others] * others)]
    return rng.choice(len(LANGUAGES), size=count, p=shares)


def _dayparts(mixes: npt.NDArray[np.float64]) -> Floats:
    suits = np.zeros((DAYPARTS, len(GENRES)))
    for index, genre in enumerate(GENRES):
        suits[genre.daypart, index] = 1.0
    shares: Floats = (suits @ (mixes / mixes.sum(axis=1, keepdims=True)).T).astype(np.float32)
    return shares


def _playables(
    settings: CatalogSettings,
    is_series: Flags,
    launch: Integers,
    now_ms: int,
    rng: np.random.Generator,
) -> tuple[Playable, ...]:
    return tuple(
        _series(settings, title_id(index), int(launch[index]), now_ms, rng)
        if is_series[index]
        else Playable((None,), (int(rng.integers(80, 151)) * 60,), (int(launch[index]),))
        for index in range(len(launch))
    )


def _series(
    settings: CatalogSettings, name: TitleId, launch: int, now_ms: int, rng: np.random.Generator
) -> Playable:
    """One to five seasons of four to twelve episodes; the newest season of a running series comes
    out around now.
    """
    seasons = 1 + int(rng.binomial(4, 0.3))
    minutes = int(rng.integers(20, 61))
    running = rng.random() < settings.running_share
    gap = int(settings.episode_gap_days * DAY_MS)
    ids: list[EpisodeId | None] = []
    runtimes: list[int] = []
    available: list[int] = []
    for season in range(1, seasons + 1):
        newest = running and season == seasons
        first = (
            max(launch, now_ms + int(rng.uniform(-45, 15) * DAY_MS))
            if newest and season > 1
            else launch
        )
        for number in range(1, int(rng.integers(4, 13)) + 1):
            ids.append(EpisodeId(f"{name}-s{season:02d}e{number:02d}"))
            runtimes.append(max(10, minutes + int(rng.integers(-3, 4))) * 60)
            available.append(first + (gap * (number - 1) if newest else 0))
    return Playable(tuple(ids), tuple(runtimes), tuple(available))


def title_id(index: int) -> TitleId:
    """The id of the title with this number."""
    return TitleId(f"t-{index:05d}")


def _records(
    settings: WorldSettings,
    rng: np.random.Generator,
    mixes: npt.NDArray[np.float64],
    launch: Integers,
    window_from: Integers,
    window_to: Integers,
    maturity: Integers,
    language: npt.NDArray[np.int64],
    artworks: npt.NDArray[np.int64],
    playable: tuple[Playable, ...],
) -> Iterator[Title]:
    leads = mixes.argmax(axis=1)
    names = list(title_names(rng, (GENRES[lead] for lead in leads)))
    franchises = _franchises(settings.catalog, names, rng)
    for index, parts in enumerate(playable):
        genre = GENRES[leads[index]]
        moods = tuple(
            genre.moods[m] for m in sorted(rng.choice(3, size=rng.integers(2, 4), replace=False))
        )
        series = parts.episode_ids[0] is not None
        yield Title(
            title_id=title_id(index),
            name=names[index],
            kind="series" if series else "film",
            genres=tuple(
                GENRES[g].name
                for g in np.argsort(-mixes[index], kind="stable")
                if mixes[index, g] > 0
            ),
            runtime_s=int(np.median(parts.runtimes_s)),
            launch_ms=int(launch[index]),
            windows=tuple(_licenses(window_from[:, index], window_to[:, index])),
            maturity=int(maturity[index]),
            episodes=tuple(_episodes(parts)) if series else (),
            moods=moods,
            tags=tuple(
                genre.tags[t] for t in sorted(rng.choice(3, size=rng.integers(1, 3), replace=False))
            )
            + _awards(rng),
            cast=tuple(dict.fromkeys(person_name(rng) for _ in range(3))),
            language=LANGUAGES[language[index]],
            release_year=_year(int(launch[index])) - int(min(rng.exponential(4), 50)),
            franchise=franchises.get(index),
            artworks=tuple(
                Artwork(f"{title_id(index)}-{v}", GENRES[g].name)
                for v, g in enumerate(artworks[index])
            ),
            synopsis=synopsis(rng, genre, moods[0]),
        )


def _awards(rng: np.random.Generator) -> tuple[str, ...]:
    return ("award-winning",) if rng.random() < 0.08 else ()


def _year(time_ms: int) -> int:
    return 1970 + int(time_ms / (365.2425 * DAY_MS))


def _franchises(
    settings: CatalogSettings, names: list[str], rng: np.random.Generator
) -> dict[int, Franchise]:
    """Some titles continue an earlier one: both join a franchise, and the later takes the name with
    its part's number.
    """
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
    for country, opens, closes in zip(COUNTRIES, start, end, strict=True):
        if opens < NEVER:
            yield Window(country.code, int(opens), None if closes == FOREVER else int(closes))


def _episodes(parts: Playable) -> Iterator[Episode]:
    for name, runtime, available in zip(
        parts.episode_ids, parts.runtimes_s, parts.available_ms, strict=True
    ):
        if name is not None:
            season, number = int(name[-5:-3]), int(name[-2:])
            yield Episode(name, season, number, runtime, available, f"Episode {number}")
