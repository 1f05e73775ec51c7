import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from shared.metrics.page import first_hits, recall_m_by_n

PAGE = np.array([[1, 2, 3], [4, 1, -1], [5, 6, 7]], np.int32)


def test_only_tiles_inside_the_viewport_count() -> None:
    hits = first_hits(PAGE, [2, 4, 7, 99])
    assert recall_m_by_n(hits, 4, rows=2, columns=2) == 2 / 4
    assert recall_m_by_n(hits, 4, rows=3, columns=3) == 3 / 4


def test_a_duplicate_tile_is_not_a_second_hit() -> None:
    hits = first_hits(PAGE, [1])
    assert hits.sum() == 1
    assert hits[0, 0]


def test_an_empty_tile_is_not_a_hit() -> None:
    assert not first_hits(PAGE, [-1]).any()


def test_a_page_without_relevant_titles_has_a_nan_recall() -> None:
    assert np.isnan(recall_m_by_n(first_hits(PAGE, []), 0, rows=3, columns=3))


@given(
    st.lists(st.integers(-1, 9), min_size=12, max_size=12), st.sets(st.integers(0, 9), min_size=1)
)
def test_recall_of_the_whole_page_is_the_share_of_relevant_titles_on_it(
    tiles: list[int], relevant: set[int]
) -> None:
    page = np.array(tiles, np.int32).reshape(3, 4)
    hits = first_hits(page, sorted(relevant))
    assert recall_m_by_n(hits, len(relevant), 3, 4) == len(relevant & set(tiles)) / len(relevant)
