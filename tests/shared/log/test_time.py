"""Log time grows with the incarnation first, then with the offset."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from shared.log.time import log_timestamp

_positions = st.tuples(st.integers(1, 1_000), st.integers(0, 2**44 - 1))


@given(_positions, _positions)
def test_log_time_has_the_order_of_positions(
    first: tuple[int, int], second: tuple[int, int]
) -> None:
    assert (log_timestamp(*first) < log_timestamp(*second)) == (first < second)


def test_the_greatest_log_time_fits_a_signed_64_bit_number() -> None:
    assert log_timestamp(2**19 - 1, 2**44 - 1) == 2**63 - 1


@pytest.mark.parametrize(("incarnation", "next_offset"), [(0, 1), (2**19, 0), (1, -1), (1, 2**44)])
def test_a_position_out_of_range_is_refused(incarnation: int, next_offset: int) -> None:
    with pytest.raises(ValueError, match="no log time"):
        log_timestamp(incarnation, next_offset)
