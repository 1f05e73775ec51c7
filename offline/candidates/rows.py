"""The candidate rows of one profile, from its scores and its history. Pure functions of arrays."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import chain, zip_longest
from typing import Final, Literal

import numpy as np

from offline.candidates.catalog_arrays import CatalogArrays, Mask
from offline.candidates.models import CatalogNeighbors, Floats
from offline.candidates.settings import CandidateSettings
from shared.features.rows import facet_affinity
from shared.ids import TitleId
from shared.models.history import strength
from shared.models.port import HistoryEntry
from shared.models.ranking import top_k
from shared.records.candidates import CandidateRow
from shared.records.digest import RecentPlay
from shared.rules.watching import is_anchor, is_rested
from shared.vocabulary import UNKNOWN, Numbers

PrecomputedKind = Literal[
    "top_picks", "because_you_watched", "genre", "new_to_you", "popular", "watch_again"
]
"""The kinds of precomputed rows, as the page declares them (online/page/sources).

tests/parity compares the names.
"""

# Neighbors requested per tile. A guess: the profile has seen the others, or may not see them.
_NEIGHBORS_PER_TILE: Final = 3


@dataclass(frozen=True)
class ScoredProfile:
    """The inputs of the rows of one profile.

    `scores` and `popular` are float32[titles of the catalog]; −inf means that the title must not be
    shown. `history` runs from the oldest to the latest entry; `played` has the played titles as in
    nearline's digest, the latest first. `opinions` holds the stated opinions: 2, 1 or −1 by title.
    `excluded` marks titles that no row may contain: disliked ones, and those that this profile may
    not be shown.
    """

    history: Sequence[HistoryEntry]
    opinions: Mapping[TitleId, int]
    played: Sequence[RecentPlay]
    finished: frozenset[TitleId]
    scores: Floats
    popular: Floats
    excluded: Mask


@dataclass(frozen=True)
class RowMaker:
    """Builds the rows of profiles. `prior` is each genre's share of all watching."""

    settings: CandidateSettings
    catalog: CatalogArrays
    prior: Floats
    neighbors: CatalogNeighbors | None
    picks_source: str
    picks_version: str
    popular_version: str

    def rows(self, profile: ScoredProfile) -> tuple[CandidateRow, ...]:
        """Return the rows in page order: picks, anchors and genres alternating, then the rest."""
        unseen = ~(self._seen(profile) | profile.excluded)
        anchors, genres = self._because_you_watched(profile, unseen), self._genres(profile, unseen)
        alternating = (
            row for row in chain.from_iterable(zip_longest(anchors, genres)) if row is not None
        )
        rows = (
            self._picks("top_picks", profile.scores, unseen, length=self.settings.top_picks),
            next(alternating, None),
            self._picks("new_to_you", profile.scores, unseen & self.catalog.new),
            self._popular(profile),
            *alternating,
            self._watch_again(profile),
        )
        return tuple(row for row in rows if row is not None)

    def _picks(
        self,
        kind: PrecomputedKind,
        scores: Floats,
        allowed: Mask,
        *,
        length: int = 0,
        subject: str = "",
    ) -> CandidateRow | None:
        numbers, values = best(scores, allowed, length or self.settings.row_length)
        source = (f"model:{self.picks_source}", self.picks_version)
        return self._row(kind, subject, source, numbers, values)

    def _popular(self, profile: ScoredProfile) -> CandidateRow | None:
        numbers, values = best(profile.popular, ~profile.excluded, self.settings.row_length)
        return self._row("popular", "", ("model:popularity", self.popular_version), numbers, values)

    def _because_you_watched(self, profile: ScoredProfile, unseen: Mask) -> list[CandidateRow]:
        if self.neighbors is None:
            return []
        rows: list[CandidateRow] = []
        length, source = self.settings.row_length, ("similars", self.neighbors.version)
        for anchor, number in self._anchors(profile):
            numbers, scores = self.neighbors.similar(number, _NEIGHBORS_PER_TILE * length)
            numbers, scores = numbers[unseen[numbers]], scores[unseen[numbers]]
            row = self._row(
                "because_you_watched", anchor, source, numbers[:length], scores[:length]
            )
            if row is not None:
                rows.append(row)
            if len(rows) == self.settings.anchors:
                break
        return rows

    def _anchors(self, profile: ScoredProfile) -> Iterator[tuple[TitleId, int]]:
        """Yield the anchors with their numbers, the latest first."""
        for play in profile.played:
            number = self.catalog.vocabulary.number(play.title_id)
            if number == UNKNOWN or profile.excluded[number]:
                continue
            opinion = profile.opinions.get(play.title_id, 0)
            if is_anchor(play.fraction, opinion, play.time_ms, self.catalog.now_ms):
                yield play.title_id, number

    def _genres(self, profile: ScoredProfile, unseen: Mask) -> list[CandidateRow]:
        weights = self._watched(profile)
        genres = [self.catalog.genre_numbers[number] for number in weights]
        affinity = facet_affinity(
            genres, list(weights.values()), self.prior, self.settings.genre_prior
        )
        best_genres = np.argsort(-affinity, kind="stable")[: self.settings.genre_rows]
        rows = [
            self._picks(
                "genre",
                profile.scores,
                unseen & (self.catalog.membership[:, genre] > 0),
                subject=self.catalog.genres[genre],
            )
            for genre in best_genres
        ]
        return [row for row in rows if row is not None]

    def _watch_again(self, profile: ScoredProfile) -> CandidateRow | None:
        """Return the finished titles that may be offered again, the latest first.

        The score falls linearly from 1 with the rank.
        """
        rested = [
            play.title_id
            for play in profile.played
            if play.title_id in profile.finished and is_rested(play.time_ms, self.catalog.now_ms)
        ]
        numbers = self.catalog.vocabulary.numbers(rested)
        numbers = numbers[~profile.excluded[numbers]][: self.settings.row_length]
        scores = np.linspace(1, 0, len(numbers), endpoint=False, dtype=np.float32)
        return self._row("watch_again", "", ("history", "v1"), numbers, scores)

    def _seen(self, profile: ScoredProfile) -> Mask:
        seen = np.zeros(len(self.catalog), np.bool_)
        seen[self.catalog.vocabulary.numbers(entry.title_id for entry in profile.history)] = True
        return seen

    def _watched(self, profile: ScoredProfile) -> dict[int, float]:
        """Return the weight of each viewed title of the catalog, by number."""
        strengths = strength([entry.fraction for entry in profile.history]).tolist()
        numbers = [self.catalog.vocabulary.number(entry.title_id) for entry in profile.history]
        return {n: weight for n, weight in zip(numbers, strengths, strict=True) if n != UNKNOWN}

    def _row(
        self,
        kind: PrecomputedKind,
        subject: str,
        source: tuple[str, str],
        numbers: Numbers,
        scores: Floats,
    ) -> CandidateRow | None:
        """Return a row, or None without a title; the page decides which rows are too short."""
        if not len(numbers):
            return None
        return CandidateRow(
            kind, subject, *source, numbers.astype("<i4").tobytes(), scores.astype("<f4").tobytes()
        )


def best(scores: Floats, allowed: Mask, k: int) -> tuple[Numbers, Floats]:
    """Return the numbers and scores of the best `k` allowed titles with a finite score."""
    numbers = np.flatnonzero(allowed & np.isfinite(scores)).astype(np.int32)
    order, values = top_k(scores[numbers][None, :], k)
    return numbers[order[0]], values[0]
