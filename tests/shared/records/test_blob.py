"""Encoding of stored records."""

from contextlib import suppress

import pytest
from hypothesis import given
from hypothesis import strategies as st

from shared.errors import UnknownFormat
from shared.ids import TitleId
from shared.records.blob import FORMAT, READABLE, pack, record_at, unpack
from shared.records.candidates import CandidateRow
from shared.records.digest import RecentPlay
from shared.store.port import Cells, Key

PLAYS = st.builds(
    RecentPlay,
    time_ms=st.integers(0, 2**53),
    fraction=st.floats(0, 1),
    utc_offset_min=st.integers(-18 * 60, 18 * 60),
)
ROWS = st.from_type(CandidateRow)


@given(PLAYS | ROWS)
def test_unpacking_is_the_inverse_of_packing(record: RecentPlay | CandidateRow) -> None:
    blob = pack(record)
    assert unpack(blob, type(record)) == record
    assert pack(unpack(blob, type(record))) == blob


@given(st.binary(max_size=40))
def test_random_bytes_raise_only_unknown_format(blob: bytes) -> None:
    with suppress(UnknownFormat):
        assert isinstance(unpack(blob, CandidateRow), CandidateRow)
        assert blob[0] in READABLE


@given(ROWS, st.integers(0, 255).filter(lambda byte: byte not in READABLE))
def test_a_record_of_another_format_is_rejected(row: CandidateRow, byte: int) -> None:
    with pytest.raises(UnknownFormat, match=f"format {byte}"):
        unpack(bytes((byte,)) + pack(row)[1:], CandidateRow)


@given(ROWS)
def test_a_truncated_record_is_rejected(row: CandidateRow) -> None:
    with pytest.raises(UnknownFormat):
        unpack(pack(row)[:-1], CandidateRow)


def test_the_first_byte_is_the_format() -> None:
    assert pack(RecentPlay(TitleId("t"), 0, 1.0, "tv"))[0] == FORMAT


def test_a_record_is_read_from_its_row_and_none_from_an_absent_one() -> None:
    play = RecentPlay(TitleId("t"), 0, 1.0, "tv")
    rows: dict[Key, Cells] = {("a",): {"value": pack(play)}, ("b",): {"value": b"\xff"}}
    assert record_at(rows, ("a",), RecentPlay) == play
    assert record_at(rows, ("c",), RecentPlay) is None
    with pytest.raises(UnknownFormat):
        record_at(rows, ("b",), RecentPlay)
