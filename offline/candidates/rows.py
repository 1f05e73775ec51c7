"""The candidate rows of one profile, from its scores and its history: pure, so that a test can
check every row by hand.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import chain, zip_longest
from typing import Final

import numpy as np

from offline.candidates.catalog_arrays import CatalogArrays, Mask
from offline.candidates.models import Floats, Neighbors
from offline.candidates.settings import CandidateSettings
from shared.clock import DAY_MS
from shared.features.rows import facet_affinity
from shared.models.history import strength
from shared.models.port import HistoryEntry
from shared.models.ranking import top_k
from shared.records.candidates import CandidateRow
from shared.rules.watching import QUALIFIED_FRACTION
from shared.vocabulary import UNKNOWN, Numbers

ALWAYS: Final = ("top_picks", "popular")
"""Rows that stand even when they are short."""


@dataclass(frozen=True)
class Member:
    """What the rows of one profile are made from; `scores` and `popular` are float32[titles of the
    catalog], −inf for "never".

    `history` runs from the oldest to the latest entry. `excluded` marks titles that no row may
    hold: disliked, or not to be shown to this profile at all.
    """

    history: Sequence[HistoryEntry]
    scores: Floats
    popular: Floats
    excluded: Mask
    finished: frozenset[str]


@dataclass(frozen=True)
class RowMaker:
    """Makes rows for one generation after another member; `prior` is each genre's share of all
    watching.
    """

    settings: CandidateSettings
    stock: CatalogArrays
    prior: Floats
    neighbors: Neighbors | None
    picks_source: str
    picks_version: str
    popular_version: str

    def rows(self, member: Member) -> tuple[CandidateRow, ...]:
        """The rows in an order that is itself a page: picks first, then anchors and genres by
        turns, the rest below.
        """
        seen = self._seen(member)
        fresh = ~(seen | member.excluded)
        byw, genres = self._because_you_watched(member, fresh), self._genres(member, fresh)
        by_turns = (row for row in chain.from_iterable(zip_longest(byw, genres)) if row is not None)
        found = (
            self._picks("top_picks", member.scores, fresh, self.settings.top_picks),
            next(by_turns, None),
            self._picks(
                "new_to_you",
                member.scores,
                fresh & self.stock.launched_within(self.settings.new_days),
            ),
            self._popular(member),
            *by_turns,
            self._watch_again(member),
        )
        return tuple(row for row in found if row is not None)

    def _picks(
        self, kind: str, scores: Floats, allowed: Mask, length: int | None = None, subject: str = ""
    ) -> CandidateRow | None:
        numbers, values = best(scores, allowed, length or self.settings.row_length)
        return self._row(
            kind, subject, (f"model:{self.picks_source}", self.picks_version), numbers, values
        )

    def _popular(self, member: Member) -> CandidateRow | None:
        numbers, values = best(member.popular, ~member.excluded, self.settings.row_length)
        return self._row("popular", "", ("model:popularity", self.popular_version), numbers, values)

    def _because_you_watched(self, member: Member, fresh: Mask) -> list[CandidateRow]:
        if self.neighbors is None:
            return []
        made: list[CandidateRow] = []
        for entry, number in self._anchors(member):
            numbers, scores = self.neighbors.of(number, 3 * self.settings.row_length)
            kept = fresh[numbers]
            numbers, scores = (
                numbers[kept][: self.settings.row_length],
                scores[kept][: self.settings.row_length],
            )
            row = self._row(
                "because_you_watched",
                entry.title_id,
                ("similars", self.neighbors.version),
                numbers,
                scores,
            )
            if row is not None:
                made.append(row)
            if len(made) == self.settings.anchors:
                break
        return made

    def _anchors(self, member: Member) -> Iterator[tuple[HistoryEntry, int]]:
        """The latest titles that were watched for long enough to say something about taste."""
        for entry in reversed(member.history):
            number = self.stock.vocabulary.number(entry.title_id)
            if (
                number != UNKNOWN
                and entry.fraction >= QUALIFIED_FRACTION
                and not member.excluded[number]
            ):
                yield entry, number

    def _genres(self, member: Member, fresh: Mask) -> list[CandidateRow]:
        weights = self._watched(member)
        genres = [np.flatnonzero(self.stock.membership[n]).astype(np.int32) for n in weights]
        affinity = facet_affinity(
            genres, list(weights.values()), self.prior, self.settings.genre_prior
        )
        chosen = np.argsort(-affinity, kind="stable")[: self.settings.genre_rows]
        rows = [
            self._picks(
                "genre",
                member.scores,
                fresh & (self.stock.membership[:, genre] > 0),
                subject=self.stock.genres[genre],
            )
            for genre in chosen
        ]
        return [row for row in rows if row is not None]

    def _watch_again(self, member: Member) -> CandidateRow | None:
        """What was seen to the end some time ago, the latest first; the score is its place, falling
        from 1.
        """
        before_ms = self.stock.now_ms - self.settings.again_days * DAY_MS
        entries = [
            entry
            for entry in reversed(member.history)
            if entry.title_id in member.finished and entry.time_ms < before_ms
        ]
        numbers = self.stock.vocabulary.numbers(entry.title_id for entry in entries)
        numbers = numbers[~member.excluded[numbers]][: self.settings.row_length]
        scores = np.linspace(1, 0, len(numbers), endpoint=False, dtype=np.float32)
        return self._row("watch_again", "", ("history", "v1"), numbers, scores)

    def _seen(self, member: Member) -> Mask:
        seen = np.zeros(len(self.stock), np.bool_)
        seen[self.stock.vocabulary.numbers(entry.title_id for entry in member.history)] = True
        return seen

    def _watched(self, member: Member) -> dict[int, float]:
        """The weight of each viewed title of the catalog, by number."""
        strengths = strength([entry.fraction for entry in member.history]).tolist()
        numbers = [self.stock.vocabulary.number(entry.title_id) for entry in member.history]
        return {n: weight for n, weight in zip(numbers, strengths, strict=True) if n != UNKNOWN}

    def _row(
        self, kind: str, subject: str, source: tuple[str, str], numbers: Numbers, scores: Floats
    ) -> CandidateRow | None:
        least = 1 if kind in ALWAYS else self.settings.shortest_row
        if len(numbers) < least:
            return None
        return CandidateRow(
            kind, subject, *source, numbers.astype("<i4").tobytes(), scores.astype("<f4").tobytes()
        )


def best(scores: Floats, allowed: Mask, k: int) -> tuple[Numbers, Floats]:
    """The numbers of the best `k` allowed titles that have a score at all, with their scores."""
    places = np.flatnonzero(allowed & np.isfinite(scores)).astype(np.int32)
    order, values = top_k(scores[places][None, :], k)
    return places[order[0]], values[0]
