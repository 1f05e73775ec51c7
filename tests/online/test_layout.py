"""The layout: what it may never do, and that it prefers what it should."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from online.page.layout import lay_out
from online.page.model import Floats, PageRow, Row
from online.page.request import SHAPES, Shape
from online.settings import LayoutSettings
from shared.events.envelope import Device

KINDS = (
    "top_picks",
    "genre",
    "mood",
    "because_you_watched",
    "new",
    "trending",
    "my_list",
    "continue_watching",
)
PLAIN = LayoutSettings(no_later_than=(), first_of_kind=1.0, same_kind=1.0, look_ahead_rows=0)
SMALL = Shape(2, 2, 4, 3, 6, 4, 0.8, 0.8)


def row(kind: str, *numbers: int, least: int = 1, values: list[float] | None = None) -> Row:
    made = None if values is None else np.array(values, np.float32)
    return Row(kind, "source", "v1", np.array(numbers, np.int32), values=made, least=least)


def kinds(page: tuple[PageRow, ...]) -> list[str]:
    return [placed.row.kind for placed in page]


@st.composite
def offers(draw: st.DrawFn) -> tuple[list[Row], Floats]:
    rng = np.random.default_rng(draw(st.integers(0, 2**32)))
    titles = draw(st.integers(5, 120))
    rows = [
        Row(
            KINDS[int(rng.integers(len(KINDS)))],
            "source",
            "v1",
            rng.permutation(titles)[: int(rng.integers(1, 60))].astype(np.int32),
            least=int(rng.integers(1, 5)),
        )
        for _ in range(draw(st.integers(0, 60)))
    ]
    return rows, rng.random(titles).astype(np.float32)


@settings(max_examples=40)
@given(offers(), st.sampled_from(list(SHAPES)))
def test_no_title_stands_twice_in_the_rows_of_a_first_answer(
    offer: tuple[list[Row], Floats], device: Device
) -> None:
    rows, scores = offer
    shape = SHAPES[device]
    page = lay_out(rows, scores, shape, LayoutSettings())
    first = [number for placed in page[: shape.first_rows] for number in placed.numbers]
    assert len(first) == len(set(first))


@settings(max_examples=40)
@given(offers(), st.sampled_from(list(SHAPES)))
def test_a_page_fits_its_shape_and_invents_nothing(
    offer: tuple[list[Row], Floats], device: Device
) -> None:
    rows, scores = offer
    shape = SHAPES[device]
    page = lay_out(rows, scores, shape, LayoutSettings())
    assert len(page) <= shape.rows
    assert len({id(placed.row) for placed in page}) == len(page)
    for placed in page:
        assert (
            placed.row.least <= len(placed.numbers) <= shape.columns
            or placed not in page[: shape.first_rows]
        )
        kept = [number for number in placed.row.numbers.tolist() if number in set(placed.numbers)]
        assert list(placed.numbers) == kept


def test_the_best_row_comes_first() -> None:
    scores = np.array([0.1, 0.1, 0.9, 0.9], np.float32)
    assert [
        placed.numbers for placed in lay_out([row("a", 0, 1), row("b", 2, 3)], scores, SMALL, PLAIN)
    ] == [(2, 3), (0, 1)]


def test_a_row_is_weighed_without_what_stands_above_it() -> None:
    scores = np.array([0.9, 0.8, 0.1, 0.3, 0.3], np.float32)
    page = lay_out(
        [row("a", 0, 1), row("same again", 0, 1, 2), row("other", 3, 4)], scores, SMALL, PLAIN
    )
    assert kinds(page) == ["same again", "other"]


def test_a_row_that_lost_too_many_titles_is_left_out() -> None:
    scores = np.array([0.9, 0.8, 0.1], np.float32)
    page = lay_out(
        [row("a", 0, 1, values=[5, 5]), row("b", 0, 1, 2, least=2)], scores, SMALL, PLAIN
    )
    assert kinds(page) == ["a"]


def test_tiles_close_up_to_the_left() -> None:
    scores = np.array([0.9, 0.2, 0.2, 0.2], np.float32)
    page = lay_out([row("a", 0, values=[9.0]), row("b", 1, 0, 2, 3)], scores, SMALL, PLAIN)
    assert page[1].numbers == (1, 2, 3)


def test_a_row_of_the_same_kind_is_less_welcome() -> None:
    scores = np.array([0.9, 0.9, 0.5, 0.5, 0.45, 0.45], np.float32)
    offered = [row("genre", 0, 1), row("mood", 2, 3), row("popular", 4, 5)]
    assert kinds(lay_out(offered, scores, SMALL, PLAIN)) == ["genre", "mood", "popular"]
    varied = LayoutSettings(no_later_than=(), first_of_kind=1.0, same_kind=0.8, look_ahead_rows=0)
    assert kinds(lay_out(offered, scores, SMALL, varied)) == ["genre", "popular", "mood"]


def test_what_the_product_wants_stands_in_time() -> None:
    scores = np.array([0.9] * 8 + [0.01], np.float32)
    offered = [row("a", 0, 1), row("b", 2, 3), row("c", 4, 5), row("new", 8)]
    wanted = LayoutSettings(no_later_than=(("new", 1),), look_ahead_rows=0)
    assert kinds(lay_out(offered, scores, SMALL, wanted))[1] == "new"


def test_looking_ahead_lets_a_slightly_lesser_row_go_first_when_the_two_together_are_worth_more() -> (
    None
):
    scores = np.array([0.5, 0.5, 0.48, 0.48, 0.46, 0.46], np.float32)
    broad, narrow = row("broad", 0, 1, 2, 3, 4, 5), row("narrow", 0, 1, 4)
    greedy = lay_out([broad, narrow], scores, SMALL, PLAIN)
    ahead = LayoutSettings(
        no_later_than=(), first_of_kind=1.0, same_kind=1.0, look_ahead_rows=2, look_ahead_slack=0.5
    )
    looked = lay_out([broad, narrow], scores, SMALL, ahead)
    assert kinds(greedy)[0] == "broad"
    assert kinds(looked)[0] == "narrow"


def test_below_the_first_rows_a_title_may_come_again() -> None:
    scores = np.linspace(1, 0.1, 8, dtype=np.float32)
    shape = Shape(1, 2, 1, 2, 3, 4, 0.8, 0.8)
    page = lay_out([row("a", 0, 1, 2), row("b", 0, 1, 3)], scores, shape, PLAIN)
    assert [placed.numbers for placed in page] == [(0, 1, 2), (0, 1, 3)]


@pytest.mark.parametrize("device", list(SHAPES))
def test_no_rows_make_no_page(device: Device) -> None:
    assert lay_out([], np.zeros(3, np.float32), SHAPES[device], LayoutSettings()) == ()
