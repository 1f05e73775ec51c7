"""The static page is safe for every profile in every country."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from shared.catalog.titles import EVERYWHERE, Title, Window
from shared.errors import ArtifactCorrupt
from shared.ids import TitleId
from shared.records.static_page import build_static_page, decode_static_page, encode_static_page

NOW_MS = 1_000
WINDOWS = st.builds(
    Window,
    country=st.sampled_from([EVERYWHERE, "NL", "US"]),
    from_ms=st.sampled_from([0, NOW_MS, NOW_MS + 1]),
    to_ms=st.sampled_from([None, NOW_MS, NOW_MS + 1]),
)
TITLES = st.lists(
    st.builds(
        Title,
        title_id=st.integers(0, 50).map(lambda number: TitleId(f"t{number}")),
        name=st.just("A title"),
        kind=st.just("film"),
        genres=st.sets(st.sampled_from("abc"), max_size=2).map(
            lambda genres: tuple(sorted(genres))
        ),
        runtime_s=st.just(6_000),
        launch_ms=st.sampled_from([0, NOW_MS, NOW_MS + 1]),
        windows=st.lists(WINDOWS, max_size=3).map(tuple),
        maturity=st.sampled_from([None, 0, 7, 8, 18]),
    ),
    unique_by=lambda title: title.title_id,
    max_size=15,
)


@given(TITLES)
def test_every_title_suits_a_child_anywhere_now_and_later(titles: list[Title]) -> None:
    page = build_static_page(titles, NOW_MS)
    countries = {window.country for title in titles for window in title.windows} - {EVERYWHERE}
    for title in page.titles:
        assert title.maturity is not None
        assert title.maturity <= 7
        assert title.launch_ms <= NOW_MS
        endless = {w.country for w in title.windows if w.from_ms <= NOW_MS and w.to_ms is None}
        assert EVERYWHERE in endless or endless >= countries > set()


@given(TITLES)
def test_rows_show_exactly_the_titles_of_the_page_without_repeats(titles: list[Title]) -> None:
    page = build_static_page(titles, NOW_MS)
    assert {title_id for row in page.rows for title_id in row.title_ids} == {
        title.title_id for title in page.titles
    }
    assert all(len(set(row.title_ids)) == len(row.title_ids) for row in page.rows)


@given(TITLES)
def test_decoding_is_the_inverse_of_encoding(titles: list[Title]) -> None:
    page = build_static_page(titles, NOW_MS)
    assert decode_static_page(encode_static_page(page)) == page


@pytest.mark.parametrize("data", [b"", b"{}", b"[1]", b"\xff"])
def test_bytes_that_are_not_a_page_are_rejected(data: bytes) -> None:
    with pytest.raises(ArtifactCorrupt):
        decode_static_page(data)
