"""The differences of small pages, compared with those found by hand."""

import msgspec

from infra.demo.changes import RowChange, page_changes, positions_of
from shared.api.page import PageAnswer
from tests.answers import page_answer, tiles_of

ROWS, COLUMNS = 4, 4


def page(*rows: tuple[str, str]) -> PageAnswer:
    """A page of rows (kind, one letter per title); the name of title `a` is `Title a`."""
    return page_answer(
        [(kind, tiles_of({title: f"Title {title}" for title in titles})) for kind, titles in rows]
    )


def named(answer: PageAnswer, *names: str) -> PageAnswer:
    """The page with these row names."""
    rows = zip(answer.rows, names, strict=True)
    return msgspec.structs.replace(
        answer, rows=tuple(msgspec.structs.replace(row, name=name) for row, name in rows)
    )


def changes(previous: PageAnswer, current: PageAnswer) -> list[RowChange]:
    """The changes on a screen of 4 × 4 tiles."""
    return page_changes(previous, current, ROWS, COLUMNS)


def test_equal_pages_have_no_changes() -> None:
    same = page(("top", "ab"), ("new", "c"))
    assert changes(same, same) == []


def test_an_added_row_moves_the_rows_below_it() -> None:
    assert changes(page(("top", "a")), page(("continue", "x"), ("top", "a"))) == [
        RowChange("continue", 1, None, added=("Title x",)),
        RowChange("top", 2, 1),
    ]


def test_a_removed_tile_does_not_move_the_tiles_after_it() -> None:
    [change] = changes(page(("top", "abc")), page(("top", "bcd")))
    assert change == RowChange("top", 1, 1, added=("Title d",), removed=("Title a",))


def test_a_tile_that_leaves_the_screen_because_of_a_new_one_is_not_removed() -> None:
    [change] = changes(page(("continue", "abcd")), page(("continue", "xabcd")))
    assert change == RowChange("continue", 1, 1, added=("Title x",))


def test_a_tile_that_comes_onto_the_screen_because_of_a_removed_one_is_not_added() -> None:
    [change] = changes(page(("top", "abcde")), page(("top", "bcde")))
    assert change == RowChange("top", 1, 1, removed=("Title a",))


def test_only_the_tile_that_changed_its_place_has_moved() -> None:
    [change] = changes(page(("top", "abcd")), page(("top", "dabc")))
    assert change == RowChange("top", 1, 1, moved=("Title d",))


def test_changes_outside_the_screen_are_left_out() -> None:
    previous = page(("top", "abcdef"), ("b", "x"), ("c", "x"), ("d", "x"), ("e", "x"))
    current = page(("top", "abcdfe"), ("b", "x"), ("c", "x"), ("d", "x"), ("e", "y"))
    assert changes(previous, current) == []


def test_a_removed_row_is_the_last_change() -> None:
    (*_, last) = changes(page(("top", "a"), ("new", "c")), page(("new", "c")))
    assert last == RowChange("top", None, 1)


def test_the_only_row_of_a_kind_is_the_same_row_under_another_name() -> None:
    previous = page(("top_picks", "a"), ("genre", "b"), ("genre", "c"))
    current = page(("top_picks", "a"), ("genre", "c"))
    assert changes(
        named(previous, "Top picks for you", "Drama", "War"),
        named(current, "Top picks for Ada", "War"),
    ) == [RowChange("War", 2, 3), RowChange("Drama", None, 2)]


def test_positions_of_a_title_count_from_one_in_every_row() -> None:
    assert positions_of(page(("top", "ab"), ("new", "b")), "b") == [("top", 2), ("new", 1)]
    assert positions_of(page(("top", "a")), "z") == []
