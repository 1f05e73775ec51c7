"""Log time grows with offset, and with incarnation above all."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from shared.log.time import log_timestamp

_places = st.tuples(st.integers(1, 1_000), st.integers(0, 2**44 - 1))


@given(_places, _places)
def test_log_time_orders_places_as_they_are_ordered(
    one: tuple[int, int], other: tuple[int, int]
) -> None:
    assert (log_timestamp(*one) < log_timestamp(*other)) == (one < other)


def test_the_greatest_log_time_fits_a_signed_64_bit_number() -> None:
    assert log_timestamp(2**19 - 1, 2**44 - 1) == 2**63 - 1


@pytest.mark.parametrize(("incarnation", "next_offset"), [(0, 1), (2**19, 0), (1, -1), (1, 2**44)])
def test_what_does_not_fit_is_refused(incarnation: int, next_offset: int) -> None:
    with pytest.raises(ValueError, match="no log time"):
        log_timestamp(incarnation, next_offset)
