"""The draw: exact probabilities, repeated by a retry, recorded in tokens with a checksum."""

from collections import Counter

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from online.page.ranking.explore import Token, propensities, read_token, write_token
from online.settings import ExploreSettings, PageSettings, ServiceSettings
from shared.ids import TitleId
from tests.online.harness import ReplicaHarness

tokens = st.builds(
    Token,
    arm=st.sampled_from(["main", "b"]),
    policy=st.text(max_size=20),
    propensity=st.floats(0, 1),
    title_id=st.text(min_size=1, max_size=40).map(TitleId),
    eligible=st.integers(1, 50),
)


@given(st.integers(1, 200), st.floats(0, 1), st.data())
def test_the_probabilities_of_the_eligible_titles_sum_to_one(
    count: int, epsilon: float, data: st.DataObject
) -> None:
    greedy = data.draw(st.integers(0, count - 1))
    chances = propensities(count, greedy, epsilon)
    assert chances.sum() == pytest.approx(1, abs=1e-5)
    assert chances[greedy] == pytest.approx(1 - epsilon + epsilon / count)
    assert (chances >= 0).all()


@given(tokens, st.text(max_size=30))
def test_a_token_is_read_as_it_was_written(token: Token, key: str) -> None:
    assert read_token(write_token(token, key), key) == token


@given(tokens, st.integers(0, 200), st.sampled_from("abcXYZ019-_"))
def test_an_altered_token_is_none(token: Token, position: int, letter: str) -> None:
    text = write_token(token, "key")
    position %= len(text)
    altered = text[:position] + letter + text[position + 1 :]
    assert read_token(altered, "key") in {None, token}
    assert read_token(text, "another key") is None


@given(st.text(max_size=60))
def test_any_text_is_a_token_or_none(text: str) -> None:
    assert read_token(text, "") is None or isinstance(read_token(text, ""), Token)


def drawn(harness: ReplicaHarness, request_id: str) -> tuple[str, float, int]:
    page = harness.page(request_id=request_id, rows=12)
    [token] = [tile["token"] for row in page.rows for tile in row["tiles"] if "token" in tile]
    read = read_token(token, "")
    if read is None:
        raise AssertionError(token)
    return read.title_id, read.propensity, read.eligible


def test_draw_frequencies_match_the_propensities_in_tokens(harness: ReplicaHarness) -> None:
    harness.settings = ServiceSettings(
        page=PageSettings(explore=ExploreSettings(epsilon=0.5, eligible=4)),
        replica=harness.settings.replica,
    )
    harness.restart()
    draws = [drawn(harness, f"r-{number}") for number in range(600)]
    counts = Counter(title for title, _, _ in draws)
    propensities_by_title = {title: propensity for title, propensity, _ in draws}
    assert {eligible for _, _, eligible in draws} == {4}
    assert sum(propensities_by_title.values()) == pytest.approx(1, abs=1e-6)
    for title, propensity in propensities_by_title.items():
        deviation = np.sqrt(600 * propensity * (1 - propensity))
        assert abs(counts[title] - 600 * propensity) < 4 * deviation


def test_a_retry_repeats_the_draw(harness: ReplicaHarness) -> None:
    assert [drawn(harness, f"r-{n % 5}") for n in range(5)] == [
        drawn(harness, f"r-{n % 5}") for n in range(5)
    ]


def test_a_drawn_title_is_shown_once_in_the_first_answer(harness: ReplicaHarness) -> None:
    for number in range(40):
        page = harness.page(request_id=f"r-{number}")
        ids = page.ids()
        assert len(ids) == len(set(ids))
