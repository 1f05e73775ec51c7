"""The small catalog, its models and the profiles of the online tests."""

from collections.abc import Sequence
from typing import Any

import numpy as np

from shared.artifacts.generation import (
    CATALOG,
    ENCODER,
    POPULARITY,
    SIMILARS,
    STATIC_PAGE,
    Generation,
    RoleArtifact,
    save_generation,
)
from shared.artifacts.port import Artifacts
from shared.catalog.snapshot import snapshot_files
from shared.catalog.titles import EVERYWHERE, FILM_PART, Artwork, Episode, Title, Window
from shared.ids import EpisodeId, GenerationId, ProfileId, TitleId
from shared.log.port import Log, Partition
from shared.models.als import Als, AlsSettings
from shared.models.popularity import Popularity, PopularitySettings
from shared.records.digest import (
    Digest,
    Facts,
    LogPosition,
    RecentPlay,
    WatchedTitle,
)
from shared.records.static_page import build_static_page, static_page_files
from shared.topics import CATALOG as CATALOG_TOPIC
from shared.vocabulary import Vocabulary

HOUR = 3_600_000
DAY = 24 * HOUR
NOW = 1_700_000_000_000
GENRES = ("Comedy", "Drama", "Thriller", "Horror", "Romance", "Documentary", "Crime", "Fantasy")
MOODS = ("dark", "feel-good", "tense", "whimsical", "romantic", "slow")
AGES = (0, 7, 12, 16, 18)
POSITION = LogPosition(1, 10)
MEMBER = ProfileId("p-1")


def title_of(number: int, **changes: Any) -> Title:
    """A title with facts derived from its number.

    Every fourth is a series of two seasons; ages and genres alternate.
    """
    series = number % 4 == 3
    facts: dict[str, Any] = {
        "title_id": TitleId(f"t{number}"),
        "name": f"Title {number}",
        "kind": "series" if series else "film",
        "genres": (GENRES[number % 8], GENRES[(number // 8) % 8]),
        "runtime_s": 3_000 if series else 6_000,
        "launch_ms": NOW - (60 + number % 700) * DAY,
        "windows": (Window(EVERYWHERE, 0),),
        "maturity": AGES[number % 5],
        "moods": (MOODS[number % 6],),
        "release_year": 1980 + number % 45,
        "artworks": (Artwork(f"a{number}"),),
        "episodes": _episodes(number) if series else (),
    }
    return Title(**{**facts, **changes})


def _episodes(number: int) -> tuple[Episode, ...]:
    return tuple(
        Episode(EpisodeId(f"t{number}-s{season}e{part}"), season, part, 3_000, NOW - 60 * DAY)
        for season in (1, 2)
        for part in (1, 2, 3)
    )


def models_of(titles: Sequence[Title], size: int = 8, seed: int = 1) -> tuple[Als, Popularity]:
    """An encoder with vectors by first genre, and a popularity that falls with the number.

    In DE the popularity rises with the number.
    """
    rng = np.random.default_rng(seed)
    vocabulary = Vocabulary(title.title_id for title in titles)
    centers = rng.normal(size=(len(GENRES), size))
    genres = [GENRES.index(title.genres[0]) if title.genres[0] in GENRES else 0 for title in titles]
    factors = (centers[genres] + 0.3 * rng.normal(size=(len(titles), size))).astype(np.float32)
    encoder = Als(AlsSettings(embedding_size=size), vocabulary, factors, factors.mean(axis=0))
    falling = 1 / (np.arange(len(titles)) + 5.0)
    shares = np.stack([falling / falling.sum(), falling[::-1] / falling.sum()], axis=1).astype(
        np.float32
    )
    return encoder, Popularity(PopularitySettings(), vocabulary, shares, ("DE",))


def publish(
    artifacts: Artifacts,
    titles: Sequence[Title],
    name: str,
    log: Log,
    now_ms: int = NOW,
    *,
    size: int = 8,
    seed: int = 1,
) -> tuple[Generation, Als]:
    """Make and save a generation of these titles; its pointer is not moved."""
    encoder, popularity = models_of(titles, size, seed)
    roles = {
        CATALOG: RoleArtifact("catalog", artifacts.put(snapshot_files(titles))),
        ENCODER: RoleArtifact(encoder.family, artifacts.put(encoder.to_files())),
        SIMILARS: RoleArtifact(encoder.family, artifacts.put(encoder.to_files())),
        POPULARITY: RoleArtifact(popularity.family, artifacts.put(popularity.to_files())),
        STATIC_PAGE: RoleArtifact(
            "static", artifacts.put(static_page_files(build_static_page(titles, now_ms)))
        ),
    }
    generation = Generation(
        generation_id=GenerationId(name),
        created_ms=now_ms,
        roles=roles,
        catalog_incarnation=log.topic(CATALOG_TOPIC).incarnation,
        catalog_next_offset=log.end_offset(Partition(CATALOG_TOPIC, 0)),
    )
    save_generation(artifacts, generation)
    return generation, encoder


def digest_of(**changes: Any) -> Digest:
    """The digest of an adult in the US without any plays."""
    facts: dict[str, Any] = {
        "position": POSITION,
        "as_of_ms": NOW - HOUR,
        "received_ms": NOW - HOUR,
        "facts": Facts(18, "US", ("en",), "Ada"),
    }
    return Digest(**{**facts, **changes})


def watched(number: int, **changes: Any) -> WatchedTitle:
    """Half a film an hour ago."""
    facts: dict[str, Any] = {
        "title_id": TitleId(f"t{number}"),
        "episode_id": None,
        "position_s": 3_000,
        "runtime_s": 6_000,
        "seen_s": 3_000,
        "total_seen_s": 3_000,
        "completed": False,
        "last_ms": NOW - HOUR,
        "device": "tv",
    }
    facts |= changes
    if facts["completed"] and "finished_parts" not in changes:
        facts["finished_parts"] = (facts["episode_id"] or FILM_PART,)
    return WatchedTitle(**facts)


def play(number: int, fraction: float = 1.0, age_ms: int = DAY) -> RecentPlay:
    """A play of a title some time ago."""
    return RecentPlay(TitleId(f"t{number}"), NOW - age_ms, fraction, "tv")
