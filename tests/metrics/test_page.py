import numpy as np

from shared.metrics.page import first_hits, recall_m_by_n

PAGE = np.array([[1, 2, 3], [4, 1, -1], [5, 6, 7]], np.int32)


def test_only_what_stands_inside_the_viewport_counts() -> None:
    hits = first_hits(PAGE, [2, 4, 7, 99])
    assert recall_m_by_n(hits, 4, rows=2, columns=2) == 2 / 4
    assert recall_m_by_n(hits, 4, rows=3, columns=3) == 3 / 4


def test_a_duplicate_is_no_second_find() -> None:
    hits = first_hits(PAGE, [1])
    assert hits.sum() == 1
    assert hits[0, 0]


def test_an_empty_tile_is_never_a_find() -> None:
    assert not first_hits(PAGE, [-1]).any()


def test_nothing_relevant_gives_no_value() -> None:
    assert np.isnan(recall_m_by_n(first_hits(PAGE, []), 0, rows=3, columns=3))
