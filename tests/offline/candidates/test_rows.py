"""Candidate rows, worked out by hand on a shelf of a dozen titles."""

from dataclasses import replace

import numpy as np
import pytest

from offline.candidates.catalog_arrays import CatalogArrays
from offline.candidates.models import Neighbors
from offline.candidates.rows import Member, RowMaker, best
from offline.candidates.settings import CandidateSettings
from shared.ids import TitleId
from shared.models.port import HistoryEntry, Scores
from shared.records.candidates import CandidateRow
from shared.vocabulary import Numbers, Vocabulary
from tests.offline.events import DAY, NOW, film

DRAMAS = [film(f"d{n}", "Drama") for n in range(6)]
COMEDIES = [film(f"c{n}", "Comedy") for n in range(5)]
FRESH = film("fresh", "Comedy", launch_ms=NOW - 3 * DAY)
ADULT = film("adult", "Drama", maturity=18)
COMING = film("coming", "Drama", launch_ms=NOW + DAY)
TITLES = (*DRAMAS, *COMEDIES, FRESH, ADULT, COMING)
SMALL = CandidateSettings(
    top_picks=20, row_length=4, shortest_row=1, anchors=2, genre_rows=2, genre_prior=1.0
)


class _NextInOrder:
    """Says that the titles after a title go with it."""

    def __init__(self) -> None:
        self.vocabulary = Vocabulary(title.title_id for title in TITLES)

    def similar(self, number: int, k: int) -> tuple[Numbers, Scores]:
        numbers = np.arange(number + 1, min(number + 1 + k, len(TITLES)), dtype=np.int32)
        return numbers, np.linspace(1, 0, len(numbers), endpoint=False, dtype=np.float32)


@pytest.fixture
def maker() -> RowMaker:
    stock = CatalogArrays(TITLES, NOW)
    return RowMaker(
        settings=SMALL,
        stock=stock,
        prior=np.array([0.9, 0.1], np.float32),
        neighbors=Neighbors(_NextInOrder(), stock.vocabulary, "sim-1"),
        picks_source="ease",
        picks_version="ease-1",
        popular_version="pop-1",
    )


def member(
    maker: RowMaker,
    *history: HistoryEntry,
    disliked: tuple[str, ...] = (),
    ceiling: int | None = 18,
) -> Member:
    scores = np.linspace(1, 0, len(TITLES), dtype=np.float32)
    excluded = ~maker.stock.showable(ceiling, "SE")
    excluded[maker.stock.vocabulary.numbers(TitleId(name) for name in disliked)] = True
    return Member(history, scores, scores[::-1].copy(), excluded, frozenset({"d0"}))


def watched(title_id: str, days_ago: float, fraction: float = 1.0) -> HistoryEntry:
    return HistoryEntry(TitleId(title_id), NOW - int(days_ago * DAY), fraction)


def titles_of(maker: RowMaker, row: CandidateRow) -> list[str]:
    return list(maker.stock.vocabulary.ids(np.frombuffer(row.numbers, "<i4")))


def row_of(maker: RowMaker, made: Member, kind: str, subject: str = "") -> list[str]:
    found = [row for row in maker.rows(made) if row.kind == kind and subject in ("", row.subject)]
    return titles_of(maker, found[0]) if found else []


def test_top_picks_leave_out_what_was_seen_disliked_not_launched_or_too_mature(
    maker: RowMaker,
) -> None:
    made = member(maker, watched("d0", 1), disliked=("d1",), ceiling=12)
    assert row_of(maker, made, "top_picks") == [
        "d2",
        "d3",
        "d4",
        "d5",
        "c0",
        "c1",
        "c2",
        "c3",
        "c4",
        "fresh",
    ]


def test_every_anchor_is_a_recent_title_watched_long_enough(maker: RowMaker) -> None:
    made = member(
        maker, watched("c0", 9), watched("d0", 5), watched("d3", 2, fraction=0.3), watched("c1", 1)
    )
    rows = [row for row in maker.rows(made) if row.kind == "because_you_watched"]
    assert [row.subject for row in rows] == ["c1", "d0"]
    assert [titles_of(maker, row) for row in rows] == [
        ["c2", "c3", "c4", "fresh"],
        ["d1", "d2", "d4", "d5"],
    ]


def test_genre_rows_follow_the_profiles_own_watching(maker: RowMaker) -> None:
    comedian = member(maker, watched("c0", 3), watched("c1", 2))
    assert [row.subject for row in maker.rows(comedian) if row.kind == "genre"] == [
        "Comedy",
        "Drama",
    ]
    assert row_of(maker, comedian, "genre", "Drama") == ["d0", "d1", "d2", "d3"]


def test_new_to_you_holds_only_unseen_titles_of_the_last_month(maker: RowMaker) -> None:
    assert row_of(maker, member(maker), "new_to_you") == ["fresh"]
    assert row_of(maker, member(maker, watched("fresh", 1)), "new_to_you") == []


def test_popular_keeps_what_was_seen_and_drops_what_was_disliked(maker: RowMaker) -> None:
    made = member(maker, watched("fresh", 1), disliked=("c4",), ceiling=12)
    assert row_of(maker, made, "popular") == ["fresh", "c3", "c2", "c1"]


def test_watch_again_waits_until_a_finished_title_was_long_ago(maker: RowMaker) -> None:
    assert row_of(maker, member(maker, watched("d0", 20), watched("d1", 20)), "watch_again") == [
        "d0"
    ]
    assert row_of(maker, member(maker, watched("d0", 2)), "watch_again") == []


def test_the_order_of_rows_is_a_page_and_each_says_where_it_comes_from(maker: RowMaker) -> None:
    rows = maker.rows(member(maker, watched("d0", 20), watched("c0", 1)))
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


def test_short_rows_are_left_out_but_never_the_first_and_the_popular(maker: RowMaker) -> None:
    strict = replace(maker, settings=replace(SMALL, shortest_row=30))
    assert [row.kind for row in strict.rows(member(maker, watched("d0", 20)))] == [
        "top_picks",
        "popular",
    ]


def test_titles_a_model_says_never_of_are_never_taken() -> None:
    scores = np.array([0.5, -np.inf, 0.7, 0.6], np.float32)
    numbers, values = best(scores, np.array([True, True, False, True]), 3)
    assert (numbers.tolist(), values.tolist()) == ([3, 0], pytest.approx([0.6, 0.5]))
