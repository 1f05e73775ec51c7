"""Draws the titles of a world from its seed."""

import numpy as np
import numpy.typing as npt

from infra.world.catalog.records import DrawnTitles, title_records
from infra.world.catalog.titles import (
    FOREVER,
    NEVER,
    Flags,
    Floats,
    Integers,
    Playable,
    Titles,
    title_id,
    unit,
)
from infra.world.names import COUNTRIES, GENRE_INDEX, GENRES, LANGUAGES, THEMES
from infra.world.settings import CatalogSettings, WorldSettings
from shared.catalog.titles import FILM_PART
from shared.clock import DAY_MS
from shared.ids import TitleId

ARTWORKS = 4
DAYPARTS = 4


def genre_directions(rng: np.random.Generator) -> Floats:
    """(genres, themes): orthogonal directions plus a share of the related genres' directions."""
    basis = np.linalg.qr(rng.normal(size=(THEMES, THEMES)))[0][: len(GENRES)]
    leaning = np.array(
        [
            sum(0.45 * basis[GENRE_INDEX[name]] for name in genre.relatives) + basis[i]
            for i, genre in enumerate(GENRES)
        ]
    )
    return unit(leaning)


def draw_titles(settings: WorldSettings, now_ms: int, rng: np.random.Generator) -> Titles:
    """Every title of a world, including later launches. Titles are numbered by launch time."""
    catalog, count = settings.catalog, settings.titles
    directions = genre_directions(rng)
    mixes = _genre_mixes(count, rng)
    quality, bait, popularity = _attraction(catalog, count, rng)
    launch = _launches(settings, now_ms, rng)
    window_from, window_to = _windows(settings, launch, now_ms, rng)
    maturity = _maturities(mixes, rng)
    is_series = rng.random(count) < catalog.series_share
    language = _languages(catalog, count, rng)
    artworks = np.array([rng.choice(np.flatnonzero(mix), ARTWORKS) for mix in mixes])
    playable = _playables(catalog, is_series, launch, now_ms, rng)
    noise = rng.normal(scale=catalog.theme_noise / np.sqrt(THEMES), size=(count, THEMES))
    drawn = DrawnTitles(
        mixes, launch, window_from, window_to, maturity, language, artworks, playable
    )
    return Titles(
        catalog=tuple(title_records(catalog, drawn, rng)),
        playable=playable,
        directions=directions,
        themes=unit(mixes @ directions + noise),
        quality=quality,
        bait=bait,
        popularity=popularity,
        genres=(mixes > 0).T,
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
    """(titles, genres) weights of one to three genres; further genres are often related ones."""
    shares = np.array([genre.share for genre in GENRES])
    lead = rng.choice(len(GENRES), size=count, p=shares / shares.sum())
    mixes = np.zeros((count, len(GENRES)))
    for index, first in enumerate(lead):
        mixes[index, first] = 1.0
        relatives = [GENRE_INDEX[name] for name in GENRES[first].relatives]
        for weight in (0.6, 0.35)[: rng.integers(3)]:
            further = (
                relatives[rng.integers(len(relatives))]
                if rng.random() < 0.6
                else rng.choice(len(GENRES), p=shares / shares.sum())
            )
            if (
                mixes[index, further] == 0
                and abs(GENRES[further].youngest - GENRES[first].youngest) <= 7
            ):
                mixes[index, further] = weight
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
    score = rho * quality + np.sqrt(1 - rho**2) * rng.normal(size=count)
    rank = np.argsort(np.argsort(-score))
    weight = (rank + 1.0) ** -settings.popularity_exponent
    return (
        quality.astype(np.float32),
        bait.astype(np.float32),
        (weight / weight.sum()).astype(np.float32),
    )


def _launches(settings: WorldSettings, now_ms: int, rng: np.random.Generator) -> Integers:
    """Launch times in ascending order: before the history, within it, and after now."""
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
    """(countries, titles) start and end of the license; a start of NEVER means no license."""
    count, catalog = len(launch), settings.catalog
    start = np.tile(launch, (len(COUNTRIES), 1))
    end = np.full((len(COUNTRIES), count), FOREVER)
    for index in np.flatnonzero(rng.random(count) >= catalog.everywhere_share):
        draw = rng.random()
        if draw < catalog.expiring_share / (1 - catalog.everywhere_share):
            end_ms = now_ms + int(rng.uniform(-settings.days / 2, 30) * DAY_MS)
            end[:, index] = max(end_ms, launch[index] + 7 * DAY_MS)
            continue
        licensed = rng.random(len(COUNTRIES)) < 0.6
        licensed[rng.integers(len(COUNTRIES))] = True
        start[~licensed, index] = NEVER
        if draw > 0.8:
            start_ms = launch[index] + int(rng.uniform(5, 60) * DAY_MS)
            start[rng.integers(len(COUNTRIES)), index] = start_ms
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


def _languages(settings: CatalogSettings, count: int, rng: np.random.Generator) -> Integers:
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
        else Playable((FILM_PART,), (int(rng.integers(80, 151)) * 60,), (int(launch[index]),))
        for index in range(len(launch))
    )


def _series(
    settings: CatalogSettings, name: TitleId, launch: int, now_ms: int, rng: np.random.Generator
) -> Playable:
    """One to five seasons of four to twelve episodes.

    The newest season of a running series is released episode by episode around now.
    """
    seasons = 1 + int(rng.binomial(4, 0.3))
    minutes = int(rng.integers(20, 61))
    running = rng.random() < settings.running_share
    gap = int(settings.episode_gap_days * DAY_MS)
    ids: list[str] = []
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
            ids.append(f"{name}-s{season:02d}e{number:02d}")
            runtimes.append(max(10, minutes + int(rng.integers(-3, 4))) * 60)
            available.append(first + (gap * (number - 1) if newest else 0))
    return Playable(tuple(ids), tuple(runtimes), tuple(available))
