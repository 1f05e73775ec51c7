"""Candidate rows, worked out by hand on a catalog of a dozen titles."""

import numpy as np
import pytest

from offline.candidates.catalog_arrays import CatalogArrays
from offline.candidates.models import CatalogNeighbors
from offline.candidates.rows import RowMaker, ScoredProfile, best
from offline.candidates.settings import CandidateSettings
from shared.clock import DAY_MS
from shared.ids import TitleId
from shared.models.port import HistoryEntry, Scores
from shared.records.candidates import CandidateRow
from shared.records.digest import RecentPlay
from shared.vocabulary import Numbers, Vocabulary
from tests.offline.events import NOW, film

DRAMAS = [film(f"d{n}", "Drama") for n in range(6)]
COMEDIES = [film(f"c{n}", "Comedy") for n in range(5)]
NEW = film("new", "Comedy", launch_ms=NOW - 3 * DAY_MS)
ADULT = film("adult", "Drama", maturity=18)
ANNOUNCED = film("announced", "Drama", launch_ms=NOW + DAY_MS)
TITLES = (*DRAMAS, *COMEDIES, NEW, ADULT, ANNOUNCED)
SMALL = CandidateSettings(top_picks=20, row_length=4, anchors=2, genre_rows=2, genre_prior=1.0)


class _NextInOrder:
    """Returns the titles after a title as similar to it."""

    def __init__(self) -> None:
        self.vocabulary = Vocabulary(title.title_id for title in TITLES)

    def similar(self, number: int, k: int) -> tuple[Numbers, Scores]:
        numbers = np.arange(number + 1, min(number + 1 + k, len(TITLES)), dtype=np.int32)
        return numbers, np.linspace(1, 0, len(numbers), endpoint=False, dtype=np.float32)


@pytest.fixture
def maker() -> RowMaker:
    catalog = CatalogArrays(TITLES, NOW)
    return RowMaker(
        settings=SMALL,
        catalog=catalog,
        prior=np.array([0.9, 0.1], np.float32),
        neighbors=CatalogNeighbors(_NextInOrder(), catalog.vocabulary, "sim-1"),
        picks_source="ease",
        picks_version="ease-1",
        popular_version="pop-1",
    )


def scored(
    maker: RowMaker, *history: HistoryEntry, ceiling: int | None = 18, **opinions: int
) -> ScoredProfile:
    """A profile that finished d0. The first title has the best score, the last is most popular."""
    scores = np.linspace(1, 0, len(TITLES), dtype=np.float32)
    excluded = ~maker.catalog.allowed(ceiling, "SE")
    disliked = [TitleId(name) for name, thumb in opinions.items() if thumb < 0]
    excluded[maker.catalog.vocabulary.numbers(disliked)] = True
    return ScoredProfile(
        history=history,
        opinions={TitleId(name): thumb for name, thumb in opinions.items()},
        played=tuple(
            RecentPlay(entry.title_id, entry.time_ms, entry.fraction, "tv")
            for entry in reversed(history)
        ),
        finished=frozenset({TitleId("d0")}),
        scores=scores,
        popular=scores[::-1].copy(),
        excluded=excluded,
    )


def watched(title_id: str, days_ago: float, fraction: float = 1.0) -> HistoryEntry:
    return HistoryEntry(TitleId(title_id), NOW - int(days_ago * DAY_MS), fraction)


def titles_of(maker: RowMaker, row: CandidateRow) -> list[str]:
    return list(maker.catalog.vocabulary.ids(np.frombuffer(row.numbers, "<i4")))


def row_of(maker: RowMaker, profile: ScoredProfile, kind: str, subject: str = "") -> list[str]:
    rows = [row for row in maker.rows(profile) if row.kind == kind and subject in ("", row.subject)]
    return titles_of(maker, rows[0]) if rows else []


def anchors_of(maker: RowMaker, profile: ScoredProfile) -> list[str]:
    return [row.subject for row in maker.rows(profile) if row.kind == "because_you_watched"]


def test_top_picks_leave_out_seen_disliked_unlaunched_and_too_mature_titles(
    maker: RowMaker,
) -> None:
    profile = scored(maker, watched("d0", 1), ceiling=12, d1=-1)
    remaining = ["d2", "d3", "d4", "d5", "c0", "c1", "c2", "c3", "c4", "new"]
    assert row_of(maker, profile, "top_picks") == remaining


def test_anchors_are_the_latest_titles_that_were_watched_for_long_enough(
    maker: RowMaker,
) -> None:
    profile = scored(
        maker, watched("c0", 9), watched("d0", 5), watched("d3", 2, fraction=0.3), watched("c1", 1)
    )
    rows = [row for row in maker.rows(profile) if row.kind == "because_you_watched"]
    assert [row.subject for row in rows] == ["c1", "d0"]
    assert [titles_of(maker, row) for row in rows] == [
        ["c2", "c3", "c4", "new"],
        ["d1", "d2", "d4", "d5"],
    ]


def test_a_thumb_up_makes_an_anchor_and_age_unmakes_it(maker: RowMaker) -> None:
    history = (watched("c0", 366), watched("d0", 365), watched("d3", 2, fraction=0.3))
    assert anchors_of(maker, scored(maker, *history)) == ["d0"]
    assert anchors_of(maker, scored(maker, *history, d3=1)) == ["d3", "d0"]


def test_genre_rows_follow_the_profiles_own_watching(maker: RowMaker) -> None:
    comedian = scored(maker, watched("c0", 3), watched("c1", 2))
    assert [row.subject for row in maker.rows(comedian) if row.kind == "genre"] == [
        "Comedy",
        "Drama",
    ]
    assert row_of(maker, comedian, "genre", "Drama") == ["d0", "d1", "d2", "d3"]


def test_new_to_you_has_only_unseen_titles_of_the_last_30_days(maker: RowMaker) -> None:
    assert row_of(maker, scored(maker), "new_to_you") == ["new"]
    assert row_of(maker, scored(maker, watched("new", 1)), "new_to_you") == []


def test_popular_includes_seen_titles_and_leaves_out_disliked_ones(maker: RowMaker) -> None:
    profile = scored(maker, watched("new", 1), ceiling=12, c4=-1)
    assert row_of(maker, profile, "popular") == ["new", "c3", "c2", "c1"]


def test_watch_again_offers_a_finished_title_after_14_days(maker: RowMaker) -> None:
    finished_and_not = scored(maker, watched("d0", 14), watched("d1", 20))
    assert row_of(maker, finished_and_not, "watch_again") == ["d0"]
    assert row_of(maker, scored(maker, watched("d0", 13.9)), "watch_again") == []


def test_rows_are_in_page_order_and_carry_their_source(maker: RowMaker) -> None:
    rows = maker.rows(scored(maker, watched("d0", 20), watched("c0", 1)))
    assert [row.kind for row in rows] == [
        "top_picks",
        "because_you_watched",
        "new_to_you",
        "popular",
        "genre",
        "because_you_watched",
        "genre",
        "watch_again",
    ]
    assert {(row.source, row.version) for row in rows} == {
        ("model:ease", "ease-1"),
        ("model:popularity", "pop-1"),
        ("similars", "sim-1"),
        ("history", "v1"),
    }


def test_titles_with_an_infinite_score_are_never_chosen() -> None:
    scores = np.array([0.5, -np.inf, 0.7, 0.6], np.float32)
    numbers, values = best(scores, np.array([True, True, False, True]), 3)
    assert (numbers.tolist(), values.tolist()) == ([3, 0], pytest.approx([0.6, 0.5]))
