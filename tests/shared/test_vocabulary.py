"""Title ids and their numbers."""

from random import Random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from shared.ids import TitleId
from shared.vocabulary import UNKNOWN, Vocabulary

TITLE_IDS = st.lists(st.text(min_size=1, max_size=3).map(TitleId), unique=True, max_size=20)


@given(TITLE_IDS)
def test_ids_and_numbers_are_inverse(title_ids: list[TitleId]) -> None:
    vocabulary = Vocabulary(title_ids)
    numbers = vocabulary.numbers(title_ids)
    assert numbers.tolist() == list(range(len(title_ids)))
    assert vocabulary.ids(numbers) == title_ids


@given(TITLE_IDS, TITLE_IDS)
def test_numbers_leave_out_unknown_titles(
    title_ids: list[TitleId], requested: list[TitleId]
) -> None:
    vocabulary = Vocabulary(title_ids)
    expected = [title_ids.index(title_id) for title_id in requested if title_id in title_ids]
    assert vocabulary.numbers(requested).tolist() == expected
    assert all(
        (vocabulary.number(title_id) == UNKNOWN) == (title_id not in vocabulary)
        for title_id in requested
    )


@given(TITLE_IDS, st.randoms(use_true_random=False))
def test_vocabularies_are_equal_exactly_for_equal_orders(
    title_ids: list[TitleId], random: Random
) -> None:
    shuffled = list(title_ids)
    random.shuffle(shuffled)
    same = Vocabulary(title_ids) == Vocabulary(shuffled)
    assert same == (title_ids == shuffled)
    assert not same or hash(Vocabulary(title_ids)) == hash(Vocabulary(shuffled))


def test_a_title_id_that_occurs_twice_is_rejected() -> None:
    with pytest.raises(ValueError, match="twice"):
        Vocabulary([TitleId("a"), TitleId("b"), TitleId("a")])
