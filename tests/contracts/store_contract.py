"""The tests of the store port; the test class of each adapter subclasses StoreContract."""

import asyncio
import threading
from abc import ABC, abstractmethod
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import AbstractContextManager
from random import Random

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from shared.errors import SchemaMismatch, Stop
from shared.store.port import Cells, ColumnType, Key, Store, Table, Write
from tests.contracts.store_tables import (
    PAIRS,
    PARTS,
    POINTERS,
    SINGLES,
    TABLES,
    fresh_key,
    part,
    pointer,
    values,
)
from tests.contracts.waiting import until

# Tiny alphabets, so that keys, timestamps and values collide.
CHANGES = st.lists(
    st.tuples(st.sampled_from("ab"), st.integers(1, 3), st.sampled_from([b"", b"x", b"y", b"xy"])),
    min_size=1,
    max_size=8,
)
Change = tuple[str, int, bytes]


def winners(changes: Sequence[Change]) -> dict[str, bytes]:
    """The winning values: the greatest timestamp, then the largest bytes."""
    return {
        name: max((time, value) for part, time, value in changes if part == name)[1]
        for name, _, _ in changes
    }


class StoreContract(ABC):
    """One test per guarantee of `shared.store.port`."""

    @abstractmethod
    def open_store(self) -> AbstractContextManager[Store]:
        """A store with TABLES; it may contain partitions of other tests."""

    @abstractmethod
    def wait_a_little(self) -> None:
        """Advance the clock of the store by a short time."""

    def test_read_returns_the_written_cells(self) -> None:
        with self.open_store() as store:
            partition = (fresh_key(), -3)
            rows: dict[Key, Cells] = {
                (-1, "a"): {"total": -(2**63), "label": "", "value": b""},
                (0, "Zoë ☕"): {"total": 2**63 - 1, "label": "Zoë ☕", "value": b"\x00\xff"},
            }
            store.write([Write(PAIRS, partition, rows, 7)])
            assert store.read(PAIRS, partition) == rows

    def test_rows_come_in_the_order_of_their_clustering_key(self) -> None:
        with self.open_store() as store:
            partition = (fresh_key(), 0)
            keys = [(2, "a"), (-5, "b"), (2, "A"), (10, "")]
            store.write([Write(PAIRS, partition, {key: {"total": 1} for key in keys}, 1)])
            assert list(store.read(PAIRS, partition)) == [(-5, "b"), (2, "A"), (2, "a"), (10, "")]

    def test_a_read_by_keys_returns_the_existing_rows_of_these_keys(self) -> None:
        with self.open_store() as store:
            key = fresh_key()
            store.write([part(key, name, name.encode(), 1) for name in "abc"])
            assert store.read(PARTS, (key,), [("c",), ("nothing",), ("a",)]) == {
                ("a",): {"value": b"a"},
                ("c",): {"value": b"c"},
            }
            assert store.read(PARTS, (key,), []) == {}
            pair = (fresh_key(), 1)
            store.write([Write(PAIRS, pair, {(1, "x"): {"total": 1}, (2, "x"): {"total": 2}}, 1)])
            assert store.read(PAIRS, pair, [(2, "x"), (3, "x")]) == {(2, "x"): {"total": 2}}

    def test_a_partition_that_was_never_written_is_empty(self) -> None:
        with self.open_store() as store:
            assert store.read(PARTS, (fresh_key(),)) == {}
            assert store.read(SINGLES, (fresh_key(),)) == {}

    def test_a_table_without_clustering_holds_one_row(self) -> None:
        with self.open_store() as store:
            key = fresh_key()
            store.write([Write(SINGLES, (key,), {(): {"value": b"1", "total": 1}}, 1)])
            assert store.read(SINGLES, (key,)) == {(): {"value": b"1", "total": 1}}
            assert store.read(SINGLES, (key,), [()]) == {(): {"value": b"1", "total": 1}}

    def test_writes_without_rows_have_no_effect(self) -> None:
        with self.open_store() as store:
            key = fresh_key()
            store.write([])
            store.write([Write(PARTS, (key,), {}, 1)])
            asyncio.run(store.write_async(Write(PARTS, (key,), {}, 1), timeout_s=5))
            assert store.read(PARTS, (key,)) == {}

    @settings(max_examples=40)
    @given(changes=CHANGES, order=st.randoms(use_true_random=False))
    def test_the_last_write_wins_in_any_order_of_writes(
        self, changes: list[Change], order: Random
    ) -> None:
        key, shuffled = fresh_key(), list(changes)
        order.shuffle(shuffled)
        with self.open_store() as store:
            for name, time, value in shuffled:
                store.write([part(key, name, value, time)])
            assert values(store, key) == winners(changes)

    @settings(max_examples=25)
    @given(changes=CHANGES)
    def test_repeating_writes_changes_nothing(self, changes: list[Change]) -> None:
        once, twice = fresh_key(), fresh_key()
        with self.open_store() as store:
            store.write([part(once, *_as_arguments(change)) for change in changes])
            for _ in range(2):
                store.write([part(twice, *_as_arguments(change)) for change in changes])
            assert values(store, once) == values(store, twice) == winners(changes)

    def test_an_older_timestamp_loses_even_if_written_later(self) -> None:
        with self.open_store() as store:
            key = fresh_key()
            store.write([part(key, "a", b"new", 20)])
            store.write([part(key, "a", b"old and larger", 19)])
            assert values(store, key) == {"a": b"new"}

    def test_at_equal_timestamps_the_larger_bytes_win_cell_by_cell(self) -> None:
        with self.open_store() as store:
            partition = (fresh_key(), 0)
            first: Cells = {"total": 1, "label": "b", "value": b"\x7f"}
            second: Cells = {"total": -1, "label": "aa", "value": b"\x80"}
            for cells in (first, second):
                store.write([Write(PAIRS, partition, {(0, ""): cells}, 5)])
            # Cassandra compares the stored bytes as unsigned: those of -1 are all ff, the largest.
            assert store.read(PAIRS, partition) == {
                (0, ""): {"total": -1, "label": "b", "value": b"\x80"}
            }

    def test_every_cell_has_its_own_timestamp(self) -> None:
        with self.open_store() as store:
            partition = (fresh_key(), 0)
            store.write([Write(PAIRS, partition, {(0, ""): {"total": 1, "label": "first"}}, 5)])
            store.write([Write(PAIRS, partition, {(0, ""): {"label": "second", "value": b"v"}}, 9)])
            store.write([Write(PAIRS, partition, {(0, ""): {"total": 7, "label": "late"}}, 6)])
            assert store.read(PAIRS, partition) == {
                (0, ""): {"total": 7, "label": "second", "value": b"v"}
            }

    def test_readers_see_all_rows_of_a_write_or_none(self) -> None:
        with self.open_store() as store:
            key, done = fresh_key(), threading.Event()

            def write_all() -> None:
                for number in range(1, 151):
                    cells = {"value": str(number).encode()}
                    store.write([Write(PARTS, (key,), {(name,): cells for name in "abcd"}, number)])
                done.set()

            writer = threading.Thread(target=write_all)
            writer.start()
            seen = []
            while not done.is_set():
                seen.append(values(store, key))
            writer.join()
            assert all(len(set(rows.values())) <= 1 and len(rows) in {0, 4} for rows in seen)
            assert values(store, key) == dict.fromkeys("abcd", b"150")

    def test_all_of_many_concurrent_writes_are_applied(self) -> None:
        with self.open_store() as store:
            keys = [fresh_key() for _ in range(600)]
            store.write([part(key, "a", key.encode(), 1) for key in keys])
            assert all(values(store, key) == {"a": key.encode()} for key in keys)

    def test_many_asynchronous_reads_and_writes_run_concurrently(self) -> None:
        async def read_and_write(store: Store) -> list[object]:
            keys = [fresh_key() for _ in range(40)]
            await asyncio.gather(
                *(store.write_async(part(key, "a", key.encode(), 1), timeout_s=10) for key in keys)
            )
            rows = await asyncio.gather(
                *(store.read_async(PARTS, (key,), [("a",)], timeout_s=10) for key in keys)
            )
            assert await store.read_async(PARTS, (fresh_key(),), timeout_s=10) == {}
            assert await store.read_async(PARTS, (keys[0],), [], timeout_s=10) == {}
            return [
                row[("a",)]["value"] == key.encode() for key, row in zip(keys, rows, strict=True)
            ]

        with self.open_store() as store:
            assert asyncio.run(read_and_write(store)) == [True] * 40

    def test_a_partition_larger_than_one_result_page_is_read_completely(self) -> None:
        with self.open_store() as store:
            key = fresh_key()
            for start in range(0, 12_000, 3_000):
                rows: dict[Key, Cells] = {
                    (f"{number:05}",): {"value": b"v"} for number in range(start, start + 3_000)
                }
                store.write([Write(PARTS, (key,), rows, 1)])
            assert len(store.read(PARTS, (key,))) == 12_000
            assert len(asyncio.run(store.read_async(PARTS, (key,), timeout_s=30))) == 12_000

    def test_a_row_with_a_time_to_live_expires(self) -> None:
        with self.open_store() as store:
            key = fresh_key()
            store.write([Write(SINGLES, (key,), {(): {"value": b"v", "total": 1}}, 1, ttl_s=3600)])
            assert store.read(SINGLES, (key,)) == {(): {"value": b"v", "total": 1}}
            short = fresh_key()
            store.write([Write(SINGLES, (short,), {(): {"value": b"v", "total": 1}}, 1, ttl_s=1)])
            until(lambda: store.read(SINGLES, (short,)) == {}, self.wait_a_little)

    def test_compare_and_set_creates_once_and_replaces_the_expected_row(self) -> None:
        with self.open_store() as store:
            name = (fresh_key(),)
            first, second = pointer("g1", 1), pointer("g2", 2)
            assert store.compare_and_set(POINTERS, name, None, first)
            assert not store.compare_and_set(POINTERS, name, None, second)
            assert not store.compare_and_set(POINTERS, name, second, first)
            assert store.compare_and_set(POINTERS, name, first, second)
            assert store.read(POINTERS, name) == {(): second}
            assert asyncio.run(store.read_async(POINTERS, name, timeout_s=10)) == {(): second}

    def test_compare_and_set_with_an_expected_row_does_not_create_it(self) -> None:
        with self.open_store() as store:
            name = (fresh_key(),)
            assert not store.compare_and_set(
                POINTERS, name, {"current": "g1", "number": 1}, {"current": "g2", "number": 2}
            )
            assert store.read(POINTERS, name) == {}

    def test_compare_and_set_has_one_winner_among_threads(self) -> None:
        with self.open_store() as store, ThreadPoolExecutor(8) as pool:
            name, start = (fresh_key(),), threading.Barrier(8)

            def claim(holder: int) -> bool:
                start.wait()
                return store.compare_and_set(
                    POINTERS, name, None, {"current": str(holder), "number": holder}
                )

            won = list(pool.map(claim, range(8)))
            assert won.count(True) == 1
            assert store.read(POINTERS, name)[()]["number"] == won.index(True)

    def test_no_increment_is_lost_between_threads_that_compare_and_set(self) -> None:
        with self.open_store() as store, ThreadPoolExecutor(4) as pool:
            name = (fresh_key(),)
            store.compare_and_set(POINTERS, name, None, {"current": "", "number": 0})

            def increment(_: int) -> None:
                swapped = False
                while not swapped:
                    current = store.read(POINTERS, name)[()]
                    incremented = pointer("", int(current["number"]) + 1)
                    swapped = store.compare_and_set(POINTERS, name, current, incremented)

            list(pool.map(increment, range(20)))
            assert store.read(POINTERS, name)[()]["number"] == 20

    def test_plain_writes_and_compare_and_set_on_one_table_are_rejected(self) -> None:
        with self.open_store() as store:
            cells = pointer("g1", 1)
            with pytest.raises(ValueError, match="compare_and_set only"):
                store.write([Write(POINTERS, (fresh_key(),), {(): cells}, 1)])
            with pytest.raises(ValueError, match="not a compare-and-set table"):
                store.compare_and_set(SINGLES, (fresh_key(),), None, {"value": b"", "total": 1})
            with pytest.raises(ValueError, match="must contain every cell"):
                store.compare_and_set(POINTERS, (fresh_key(),), None, {"current": "g1"})

    def test_replayed_writes_do_not_restore_a_deleted_partition(self) -> None:
        with self.open_store() as store:
            key, other_key = fresh_key(), fresh_key()
            writes = [part(key, "a", b"1", 10), part(key, "b", b"2", 12)]
            store.write([*writes, part(other_key, "a", b"3", 10)])
            store.delete_partition(PARTS, (key,))
            assert (values(store, key), values(store, other_key)) == ({}, {"a": b"3"})
            store.write(writes)
            assert values(store, key) == {}

    def test_writes_after_a_deletion_are_visible_with_small_timestamps(
        self,
    ) -> None:
        with self.open_store() as store:
            key = fresh_key()
            store.write([part(key, "a", b"1", 10)])
            store.delete_partition(PARTS, (key,))
            store.write([part(key, "a", b"again", 11)])
            assert values(store, key) == {"a": b"again"}

    def test_deleting_an_absent_partition_has_no_effect(self) -> None:
        with self.open_store() as store:
            store.delete_partition(PARTS, (fresh_key(),))
            store.delete_partition(POINTERS, (fresh_key(),))

    def test_a_deleted_pointer_can_be_created_again(self) -> None:
        with self.open_store() as store:
            name, cells = (fresh_key(),), pointer("g1", 1)
            assert store.compare_and_set(POINTERS, name, None, cells)
            store.delete_partition(POINTERS, name)
            assert store.read(POINTERS, name) == {}
            assert store.compare_and_set(POINTERS, name, None, cells)

    def test_a_scan_returns_every_nonempty_partition_once(self) -> None:
        with self.open_store() as store:
            keys = [fresh_key() for _ in range(30)]
            store.write([part(key, name, b"v", 1) for key in keys for name in "ab"])
            store.delete_partition(PARTS, (keys[0],))
            scanned = list(store.scan_partitions(PARTS))
            assert {(key,) for key in keys[1:]} <= set(scanned)
            assert (keys[0],) not in scanned
            assert len(scanned) == len(set(scanned))

    def test_migrating_again_changes_nothing(self) -> None:
        with self.open_store() as store:
            key = fresh_key()
            store.write([part(key, "a", b"1", 1)])
            store.migrate(TABLES)
            assert values(store, key) == {"a": b"1"}

    @pytest.mark.parametrize(
        "changed",
        [
            Table(
                "contract_parts",
                {"key": ColumnType.TEXT},
                {"part": ColumnType.TEXT},
                {"value": ColumnType.TEXT},
            ),
            Table(
                "contract_parts",
                {"key": ColumnType.TEXT},
                {},
                {"part": ColumnType.TEXT, "value": ColumnType.BLOB},
            ),
            Table(
                "contract_parts",
                {"key": ColumnType.TEXT, "part": ColumnType.TEXT},
                {},
                {"value": ColumnType.BLOB},
            ),
            Table(
                "contract_parts",
                {"key": ColumnType.TEXT},
                {"part": ColumnType.TEXT},
                {"value": ColumnType.BLOB, "new": ColumnType.TEXT},
            ),
        ],
        ids=["another type", "no clustering", "another key", "one more cell"],
    )
    def test_a_table_with_other_columns_is_rejected(self, changed: Table) -> None:
        with self.open_store() as store, pytest.raises(SchemaMismatch, match="contract_parts"):
            store.migrate([changed])

    def test_reading_a_missing_table_raises_stop(self) -> None:
        missing = Table(
            "contract_missing",
            {"key": ColumnType.TEXT},
            {},
            {"value": ColumnType.BLOB},
        )
        with self.open_store() as store, pytest.raises(Stop):
            store.read(missing, (fresh_key(),))


def _as_arguments(change: Change) -> tuple[str, bytes, int]:
    name, time, value = change
    return name, value, time
