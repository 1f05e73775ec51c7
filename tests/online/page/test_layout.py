"""The layout: what every page satisfies, and which rows it prefers."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from online.page.layout import lay_out
from online.page.model import PlacedRow, RankedRow, Row
from online.page.request import SHAPES, Shape
from online.page.row_kind import RowKind, Template
from online.settings import LayoutSettings
from shared.events.envelope import Device
from shared.vocabulary import Floats

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
PLAIN = LayoutSettings(first_of_kind=1.0, same_kind=1.0, look_ahead_rows=0)
SMALL = Shape(4, 3, 6, 4, 0.8, 0.8)


def kind_of(
    name: str, minimum_tiles: int = 1, family: str = "", no_later_than: int | None = None
) -> RowKind:
    return RowKind(
        name=name,
        labels=(Template.of("Label"),),
        reasons=(Template.of("Reason."),),
        minimum_tiles=minimum_tiles,
        family=family,
        no_later_than=no_later_than,
    )


def row(
    kind: RowKind | str, scores: Floats, *numbers: int, values: list[float] | None = None
) -> RankedRow:
    declared = kind_of(kind) if isinstance(kind, str) else kind
    order = np.array(numbers, np.int32)
    tile_values = scores[order] if values is None else np.array(values, np.float32)
    return RankedRow(Row(declared, "source", "v1", order), order, tile_values)


def kinds(page: tuple[PlacedRow, ...]) -> list[str]:
    return [placed.row.kind.name for placed in page]


@st.composite
def offers(draw: st.DrawFn) -> tuple[list[RankedRow], int]:
    rng = np.random.default_rng(draw(st.integers(0, 2**32)))
    titles = draw(st.integers(5, 120))
    scores = rng.random(titles).astype(np.float32)
    rows = [
        row(
            kind_of(KINDS[int(rng.integers(len(KINDS)))], minimum_tiles=int(rng.integers(1, 5))),
            scores,
            *rng.permutation(titles)[: int(rng.integers(1, 60))].tolist(),
        )
        for _ in range(draw(st.integers(0, 60)))
    ]
    return rows, titles


@settings(max_examples=40)
@given(offers(), st.sampled_from(list(SHAPES)))
def test_the_rows_of_a_first_answer_repeat_no_title(
    offer: tuple[list[RankedRow], int], device: Device
) -> None:
    rows, titles = offer
    shape = SHAPES[device]
    page = lay_out(rows, titles, shape, LayoutSettings())
    first = [number for placed in page[: shape.first_rows] for number in placed.numbers]
    assert len(first) == len(set(first))


@settings(max_examples=40)
@given(offers(), st.sampled_from(list(SHAPES)))
def test_a_page_fits_its_shape_and_holds_offered_tiles_only(
    offer: tuple[list[RankedRow], int], device: Device
) -> None:
    rows, titles = offer
    shape = SHAPES[device]
    page = lay_out(rows, titles, shape, LayoutSettings())
    assert len(page) <= shape.rows
    assert len({id(placed.row) for placed in page}) == len(page)
    for placed in page:
        assert (
            placed.row.kind.minimum_tiles <= len(placed.numbers) <= shape.columns
            or placed not in page[: shape.first_rows]
        )
        remaining = [
            number for number in placed.row.numbers.tolist() if number in set(placed.numbers)
        ]
        assert list(placed.numbers) == remaining


def test_the_best_row_comes_first() -> None:
    scores = np.array([0.1, 0.1, 0.9, 0.9], np.float32)
    assert [
        placed.numbers
        for placed in lay_out(
            [row("a", scores, 0, 1), row("b", scores, 2, 3)], len(scores), SMALL, PLAIN
        )
    ] == [(2, 3), (0, 1)]


def test_a_row_gains_nothing_from_titles_shown_above() -> None:
    scores = np.array([0.9, 0.8, 0.1, 0.3, 0.3], np.float32)
    page = lay_out(
        [row("a", scores, 0, 1), row("same again", scores, 0, 1, 2), row("other", scores, 3, 4)],
        len(scores),
        SMALL,
        PLAIN,
    )
    assert kinds(page) == ["same again", "other"]


def test_a_row_that_lost_too_many_titles_is_left_out() -> None:
    scores = np.array([0.9, 0.8, 0.1], np.float32)
    page = lay_out(
        [
            row("a", scores, 0, 1, values=[5, 5]),
            row(kind_of("b", minimum_tiles=2), scores, 0, 1, 2),
        ],
        len(scores),
        SMALL,
        PLAIN,
    )
    assert kinds(page) == ["a"]


def test_tiles_move_left_over_titles_shown_above() -> None:
    scores = np.array([0.9, 0.2, 0.2, 0.2], np.float32)
    page = lay_out(
        [row("a", scores, 0, values=[9.0]), row("b", scores, 1, 0, 2, 3)], len(scores), SMALL, PLAIN
    )
    assert page[1].numbers == (1, 2, 3)


def test_a_row_of_a_repeated_family_gains_less() -> None:
    scores = np.array([0.9, 0.9, 0.5, 0.5, 0.45, 0.45], np.float32)
    facets = [kind_of(name, family="facet") for name in ("genre", "mood")]
    offered = [
        row(facets[0], scores, 0, 1),
        row(facets[1], scores, 2, 3),
        row("popular", scores, 4, 5),
    ]
    assert kinds(lay_out(offered, len(scores), SMALL, PLAIN)) == ["genre", "mood", "popular"]
    varied = LayoutSettings(first_of_kind=1.0, same_kind=0.8, look_ahead_rows=0)
    assert kinds(lay_out(offered, len(scores), SMALL, varied)) == ["genre", "popular", "mood"]


def test_a_due_row_is_placed_at_its_last_row_position() -> None:
    scores = np.array([0.9] * 8 + [0.01], np.float32)
    offered = [
        row("a", scores, 0, 1),
        row("b", scores, 2, 3),
        row("c", scores, 4, 5),
        row(kind_of("new", no_later_than=1), scores, 8),
    ]
    settings = LayoutSettings(look_ahead_rows=0)
    assert kinds(lay_out(offered, len(scores), SMALL, settings))[1] == "new"


def test_looking_ahead_prefers_the_better_pair_of_rows() -> None:
    scores = np.array([0.5, 0.5, 0.48, 0.48, 0.46, 0.46], np.float32)
    broad, narrow = row("broad", scores, 0, 1, 2, 3, 4, 5), row("narrow", scores, 0, 1, 4)
    greedy = lay_out([broad, narrow], len(scores), SMALL, PLAIN)
    ahead = LayoutSettings(
        first_of_kind=1.0, same_kind=1.0, look_ahead_rows=2, look_ahead_slack=0.5
    )
    looked = lay_out([broad, narrow], len(scores), SMALL, ahead)
    assert kinds(greedy)[0] == "broad"
    assert kinds(looked)[0] == "narrow"


def test_a_title_may_be_repeated_below_the_first_answer() -> None:
    scores = np.linspace(1, 0.1, 8, dtype=np.float32)
    shape = Shape(1, 2, 3, 4, 0.8, 0.8)
    page = lay_out(
        [row("a", scores, 0, 1, 2), row("b", scores, 0, 1, 3)], len(scores), shape, PLAIN
    )
    assert [placed.numbers for placed in page] == [(0, 1, 2), (0, 1, 3)]


@pytest.mark.parametrize("device", list(SHAPES))
def test_no_rows_make_no_page(device: Device) -> None:
    assert lay_out([], 3, SHAPES[device], LayoutSettings()) == ()
