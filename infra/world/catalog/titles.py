"""The titles of a world: catalog records, and hidden arrays that determine preferences."""

from dataclasses import dataclass
from functools import cached_property
from typing import Final

import numpy as np
import numpy.typing as npt

from shared.catalog.titles import FILM_PART, Title
from shared.ids import EpisodeId, TitleId
from shared.rules.watching import new_since_ms

Floats = npt.NDArray[np.float32]
Integers = npt.NDArray[np.int64]
Flags = npt.NDArray[np.bool_]

FOREVER: Final = np.iinfo(np.int64).max
NEVER: Final = FOREVER - 1


@dataclass(frozen=True, slots=True)
class Playable:
    """The parts of a title in playing order: its episodes, or the film."""

    part_ids: tuple[str, ...]
    """Episode ids, or FILM_PART for a film."""
    runtimes_s: tuple[int, ...]
    available_ms: tuple[int, ...]

    def episode_id(self, part: int) -> EpisodeId | None:
        """The episode id of a part; None for a film."""
        part_id = self.part_ids[part]
        return None if part_id == FILM_PART else EpisodeId(part_id)

    def released(self, now_ms: int) -> int:
        """The number of released parts before the first one that is not released."""
        for number, available in enumerate(self.available_ms):
            if available > now_ms:
                return number
        return len(self.available_ms)


@dataclass(frozen=True)
class Titles:
    """All titles by number, which is their index in `catalog`.

    Arrays have one entry per title along their last axis where no shape is given.
    """

    catalog: tuple[Title, ...]
    """The records that are published to the platform."""
    playable: tuple[Playable, ...]
    """The parts of each title."""
    directions: Floats
    """(genres, themes) the direction of each genre; hidden truth."""
    themes: Floats
    """(titles, themes) unit vectors."""
    quality: Floats
    """Standard normal."""
    bait: Floats
    """Standard normal: attracts, does not satisfy."""
    popularity: Floats
    """Popularity outside the service; sums to 1."""
    genres: Flags
    """(genres, titles)."""
    dayparts: Floats
    """(parts of the day, titles) in [0, 1]: fit of the title's genres."""
    artworks: Integers
    """(titles, variants) the genre that each artwork shows."""
    language: Integers
    """Index into LANGUAGES."""
    maturity: Integers
    launch_ms: Integers
    announce_ms: Integers
    """When the title's record is published; before its launch."""
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
        """Titles that may be shown: launched, licensed in the country, not above the ceiling."""
        licensed = (self.window_from[country] <= now_ms) & (now_ms < self.window_to[country])
        allowed: Flags = licensed & (self.launch_ms <= now_ms) & (self.maturity <= ceiling)
        return allowed

    def new(self, now_ms: int) -> Flags:
        """Titles that are new by the product's rules: `is_new` of each title, as an array."""
        flags: Flags = (self.launch_ms >= new_since_ms(now_ms)) & (self.launch_ms <= now_ms)
        return flags


def unit(vectors: npt.NDArray[np.floating]) -> Floats:
    """Rows scaled to length 1."""
    scaled: Floats = (vectors / np.linalg.norm(vectors, axis=-1, keepdims=True)).astype(np.float32)
    return scaled


def title_id(index: int) -> TitleId:
    """The id of the title with this number."""
    return TitleId(f"t-{index:05d}")
