"""Registries by name."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from shared.naming import by_unique_name


@given(st.lists(st.text(max_size=3), unique=True))
def test_entries_keep_their_order(names: list[str]) -> None:
    assert list(by_unique_name(names, str).items()) == [(name, name) for name in names]


def test_a_name_used_twice_is_rejected() -> None:
    with pytest.raises(ValueError, match="a and A have the same name 'a'"):
        by_unique_name(["a", "b", "A"], str.lower)
