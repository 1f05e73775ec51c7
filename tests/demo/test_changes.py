"""The differences of small pages, compared with those found by hand."""

from infra.demo.changes import VisibleRow, page_changes, positions_of


def row(key: str, *titles: str) -> VisibleRow:
    return VisibleRow(key, key.upper(), {title: f"Title {title}" for title in titles})


def test_equal_pages_have_no_changes() -> None:
    page = [row("top", "a", "b"), row("new", "c")]
    assert page_changes(page, page) == []


def test_an_added_row_moves_the_rows_below_it() -> None:
    first, second = page_changes([row("top", "a")], [row("continue", "x"), row("top", "a")])
    assert (first.name, first.position, first.previous_position, first.added) == (
        "CONTINUE",
        1,
        None,
        ("Title x",),
    )
    assert (second.name, second.position, second.previous_position, second.added) == (
        "TOP",
        2,
        1,
        (),
    )


def test_a_removed_tile_does_not_move_the_tiles_after_it() -> None:
    (change,) = page_changes([row("top", "a", "b", "c")], [row("top", "b", "c", "d")])
    assert change.removed == ("Title a",)
    assert change.added == ("Title d",)
    assert change.moved == ()


def test_swapped_tiles_have_moved() -> None:
    (change,) = page_changes([row("top", "a", "b", "c")], [row("top", "b", "a", "c")])
    assert change.moved == ("Title b", "Title a")


def test_a_removed_row_is_the_last_change() -> None:
    (*_, last) = page_changes([row("top", "a"), row("new", "c")], [row("new", "c")])
    assert (last.name, last.position, last.previous_position) == ("TOP", None, 1)


def test_the_only_row_of_a_kind_is_the_same_row_under_another_name() -> None:
    genres = [VisibleRow("genre", "Drama", {"b": "B"}), VisibleRow("genre", "War", {"c": "C"})]
    previous = [VisibleRow("top_picks", "Top picks for you", {"a": "A"}), *genres]
    current = [VisibleRow("top_picks", "Top picks for Ada", {"a": "A"}), genres[1]]
    moved, removed = page_changes(previous, current)
    assert (moved.name, moved.position, moved.previous_position) == ("War", 2, 3)
    assert (removed.name, removed.position) == ("Drama", None)


def test_positions_of_a_title_count_from_one_in_every_row() -> None:
    assert positions_of([row("top", "a", "b"), row("new", "b")], "b") == [("TOP", 2), ("NEW", 1)]
    assert positions_of([row("top", "a")], "z") == []
