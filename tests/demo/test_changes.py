"""What the demo says has changed on a page, by hand."""

from infra.demo.changes import VisibleRow, page_changes, positions_of


def row(key: str, *titles: str) -> VisibleRow:
    return VisibleRow(key, key.upper(), {title: f"Title {title}" for title in titles})


def test_equal_pages_have_no_changes() -> None:
    page = [row("top", "a", "b"), row("new", "c")]
    assert page_changes(page, page) == []


def test_a_new_row_comes_with_its_tiles_and_pushes_the_others_down() -> None:
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


def test_a_tile_that_is_gone_is_named_and_those_that_closed_up_have_not_moved() -> None:
    (change,) = page_changes([row("top", "a", "b", "c")], [row("top", "b", "c", "d")])
    assert change.removed == ("Title a",)
    assert change.added == ("Title d",)
    assert change.moved == ()


def test_tiles_that_swapped_have_moved() -> None:
    (change,) = page_changes([row("top", "a", "b", "c")], [row("top", "b", "a", "c")])
    assert change.moved == ("Title b", "Title a")


def test_a_row_that_is_gone_is_told_last() -> None:
    (*_, last) = page_changes([row("top", "a"), row("new", "c")], [row("new", "c")])
    assert (last.name, last.position, last.previous_position) == ("TOP", None, 1)


def test_a_row_keeps_its_identity_under_another_name_while_it_is_the_only_one_of_its_kind() -> None:
    genres = [VisibleRow("genre", "Drama", {"b": "B"}), VisibleRow("genre", "War", {"c": "C"})]
    before = [VisibleRow("top_picks", "Top picks for you", {"a": "A"}), *genres]
    after = [VisibleRow("top_picks", "Top picks for Ada", {"a": "A"}), genres[1]]
    moved, gone = page_changes(before, after)
    assert (moved.name, moved.position, moved.previous_position) == ("War", 2, 3)
    assert (gone.name, gone.position) == ("Drama", None)


def test_where_a_title_stands_is_counted_from_one_in_every_row() -> None:
    assert positions_of([row("top", "a", "b"), row("new", "b")], "b") == [("TOP", 2), ("NEW", 1)]
    assert positions_of([row("top", "a")], "z") == []
