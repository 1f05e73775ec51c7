"""What the demo says has changed on a page, by hand."""

from infra.demo.changes import SeenRow, changes, where


def row(key: str, *titles: str) -> SeenRow:
    return SeenRow(key, key.upper(), {title: f"Title {title}" for title in titles})


def test_equal_pages_have_no_changes() -> None:
    page = [row("top", "a", "b"), row("new", "c")]
    assert changes(page, page) == []


def test_a_new_row_comes_with_its_tiles_and_pushes_the_others_down() -> None:
    first, second = changes([row("top", "a")], [row("continue", "x"), row("top", "a")])
    assert (first.name, first.place, first.place_before, first.came) == (
        "CONTINUE",
        1,
        None,
        ("Title x",),
    )
    assert (second.name, second.place, second.place_before, second.came) == ("TOP", 2, 1, ())


def test_a_tile_that_is_gone_is_named_and_those_that_closed_up_have_not_moved() -> None:
    (change,) = changes([row("top", "a", "b", "c")], [row("top", "b", "c", "d")])
    assert change.went == ("Title a",)
    assert change.came == ("Title d",)
    assert change.moved == ()


def test_tiles_that_swapped_have_moved() -> None:
    (change,) = changes([row("top", "a", "b", "c")], [row("top", "b", "a", "c")])
    assert change.moved == ("Title b", "Title a")


def test_a_row_that_is_gone_is_told_last() -> None:
    (*_, last) = changes([row("top", "a"), row("new", "c")], [row("new", "c")])
    assert (last.name, last.place, last.place_before) == ("TOP", None, 1)


def test_a_row_keeps_its_identity_under_another_name_while_it_is_the_only_one_of_its_kind() -> None:
    genres = [SeenRow("genre", "Drama", {"b": "B"}), SeenRow("genre", "War", {"c": "C"})]
    before = [SeenRow("top_picks", "Top picks for you", {"a": "A"}), *genres]
    after = [SeenRow("top_picks", "Top picks for Ada", {"a": "A"}), genres[1]]
    moved, gone = changes(before, after)
    assert (moved.name, moved.place, moved.place_before) == ("War", 2, 3)
    assert (gone.name, gone.place) == ("Drama", None)


def test_where_a_title_stands_is_counted_from_one_in_every_row() -> None:
    assert where([row("top", "a", "b"), row("new", "b")], "b") == [("TOP", 2), ("NEW", 1)]
    assert where([row("top", "a")], "z") == []
